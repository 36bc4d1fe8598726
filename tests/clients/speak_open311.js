// Lists services, files a request and reads it back with the published library `open311`, unchanged.
var Open311 = require("open311");
var endpoint = process.argv[2] + "/", key = process.argv[3];
var city = new Open311({ endpoint: endpoint, apiKey: key, format: "json" });

function or_die(next) {
  return function (error, data) {
    if (error) { console.error(error, data); process.exit(1); }
    next(data);
  };
}

city.serviceList(or_die(function (services) {
  var request = { service_code: "pothole", attributes: { size: "larger" }, lat: 44.05, long: -123.02,
                  description: "A hole, by open311" };
  city.submitRequest(request, or_die(function (made) {
    city.serviceRequests(made[0].service_request_id, or_die(function (read) {
      var codes = services.map(function (each) { return each.service_code; });
      console.log(JSON.stringify({ services: codes, made: made, read: read }));
    }));
  }));
}));

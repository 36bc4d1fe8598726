// Stands for a reader of XML that is no longer published; JSON is spoken here, so it is never called.
exports.parseXml = function () { throw new Error("XML is not spoken here"); };

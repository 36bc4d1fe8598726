// Stands for a reader of XML that must be compiled; JSON is spoken here, so it is never called.
exports.toJson = function () { throw new Error("XML is not spoken here"); };

// Stands in for packages that Azurite names but that nothing here may use: its telemetry, which would
// call home, and the drivers of the databases that it can keep its lists in.
module.exports = {};

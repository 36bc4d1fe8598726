"""GeoReport v2 as boxes to tick, against any endpoint; knows Python and nothing of this product."""

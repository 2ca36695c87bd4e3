// Package tile makes map tiles: squares of the Web Mercator map, numbered as
// zoom/column/row, in the Mapbox Vector Tile format, version 2.1
// (https://github.com/mapbox/vector-tile-spec/tree/master/2.1).
//
// It holds points in the order of the Morton curve, in which every tile of
// every zoom is one contiguous stretch, and answers with the points of a tile
// or with the cells they fall in. A [Set] never changes and may be read by any
// number of goroutines; a [Keeper] makes the next one from what changed,
// sharing all that did not.
//
// It refuses to know what a point stands for and who asks: a point has a
// [Class], and whoever asks brings a table of how much of each class they see.
// Positions are WGS84 degrees, longitude first. It reads no clock and no
// storage.
package tile

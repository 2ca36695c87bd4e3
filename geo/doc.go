// Package geo answers one question exactly: which areas own this place?
//
// It decodes boundaries (GeoJSON, TopoJSON) and refuses the ones that would
// answer wrongly, naming the feature and the place. It joins provinces into
// districts, keeps areas in an immutable index, and locates a point: the
// owner, every other area that matched, and why. A point on a border shared by
// two neighbours has exactly one owner.
//
// It also surveys how areas fit together (gaps, overlaps and slivers, with
// place and size), makes borders meet that all but do, says what changes from
// one set of areas to another, and simplifies shared borders for drawing.
//
// Positions are WGS84 degrees, longitude first. An edge is a straight line in
// longitude and latitude, as RFC 7946 has it, not a great circle. Distances
// are metres on the ellipsoid.
//
// A border that goes over the 180th meridian is cut there as RFC 7946 asks, and
// where it was cut is no border: neither for distances nor for a survey.
//
// It refuses to know storage, requests and clocks: the day whose areas are
// asked is part of the question. It repairs nothing in silence except the
// winding of rings and repeated points, which change no answer.
package geo

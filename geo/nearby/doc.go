// Package nearby finds the reports around a place that may be of the same
// thing, and says of each how likely that is and why.
//
// An Index holds the open and the recently closed reports by their place, and
// follows every change. Search answers with the nearest ones. Rules.Rank puts
// cases in order by distance over the accuracy of both positions, by time, by
// object, by words and by photos, and each Suggestion says in a sentence what
// it rests on.
//
// The package refuses to decide: it suggests, and never joins two reports. It
// refuses to know people and rights: who may see a suggestion is asked
// elsewhere. It keeps no words and no photos.
package nearby

package report

// CheckCharacter lets the tests hold the check character against published
// vectors, which are not codes of reports.
var CheckCharacter = checkCharacter

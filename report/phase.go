package report

// A StateInfo is what people are told about a state.
type StateInfo struct {
	State    State
	Label    Label
	Phase    Phase
	Sentence Label // for the public page; {org}, {date} and {master} stand for the message's params
}

// StateInfos holds the words of every state, in the order of States. A
// duplicate's own phase counts only while its master is not known.
var StateInfos = []StateInfo{
	{Registered, Label{"Registered", "Registrata"}, PhaseAnalysis, Label{"We have received the report.", "Abbiamo ricevuto la segnalazione."}},
	{InAnalysis, Label{"In analysis", "In analisi"}, PhaseAnalysis, Label{"The report is being looked into.", "La segnalazione è in verifica."}},
	{Assigned, Label{"Assigned", "Assegnata"}, PhaseAnalysis, Label{"The report was forwarded to {org}.", "La segnalazione è stata inoltrata a {org}."}},
	{Scheduled, Label{"Scheduled", "Programmata"}, PhaseScheduling, Label{"It is planned to be solved by {date}.", "La soluzione è prevista entro il {date}."}},
	{InProgress, Label{"In progress", "In lavorazione"}, PhaseScheduling, Label{"Work is in progress.", "L'intervento è in corso."}},
	{Suspended, Label{"Suspended", "Sospesa"}, PhaseScheduling, Label{"Work is suspended.", "L'intervento è sospeso."}},
	{Resolved, Label{"Resolved, to be verified", "Risolta, da verificare"}, PhaseScheduling, Label{"Work is done and is being verified.", "L'intervento è concluso e in verifica."}},
	{Closed, Label{"Closed", "Chiusa"}, PhaseClosure, Label{"The report is closed.", "La segnalazione è chiusa."}},
	{Rejected, Label{"Rejected", "Non procedibile"}, PhaseClosure, Label{"The report cannot be taken on.", "La segnalazione non è procedibile."}},
	{Duplicate, Label{"Duplicate", "Duplicata"}, PhaseClosure, Label{"The same problem is followed in report {master}.", "Lo stesso problema è seguito nella segnalazione {master}."}},
	{Cancelled, Label{"Cancelled", "Annullata"}, PhaseClosure, Label{"The report was cancelled.", "La segnalazione è stata annullata."}},
}

// A Sentence is one public sentence and the key that templates know it by.
type Sentence struct {
	Key  string
	Text Label
}

// Sentences are the public sentences beside those of the states.
var Sentences = []Sentence{
	{"public.rescheduled", Label{"The planned date moved to {date}.", "La data prevista è stata spostata al {date}."}},
	{"public.reopened", Label{"The report was reopened.", "La segnalazione è stata riaperta."}},
	{"public.suspended.waiting_reporter", Label{"We need an answer from you to go on.", "Per proseguire serve una tua risposta."}},
	{"public.suspended.waiting_third_party", Label{"Work waits for another party.", "L'intervento attende un altro soggetto."}},
	{"public.suspended.no_access", Label{"The place could not be reached.", "Non è stato possibile accedere al luogo."}},
	{"public.suspended.weather_safety", Label{"Work waits for weather or safety.", "L'intervento attende meteo o condizioni di sicurezza."}},
	{"public.suspended.materials", Label{"Work waits for materials.", "L'intervento attende i materiali."}},
	{"public.closed.fixed", Label{"The problem is solved.", "Il problema è risolto."}},
	{"public.closed.not_found", Label{"The problem was not found on the spot.", "Il problema non è stato riscontrato sul posto."}},
	{"public.closed.no_action", Label{"No work was needed.", "Non è servito alcun intervento."}},
	{"public.closed.not_responsible", Label{"Another organisation is competent.", "La competenza è di un altro soggetto."}},
}

// SentenceOf returns the key of the sentence for a state.
func SentenceOf(s State) string { return "public." + string(s) }

// info returns the words of the state; an unknown state labels itself.
func (s State) info() StateInfo {
	for _, i := range StateInfos {
		if i.State == s {
			return i
		}
	}
	return StateInfo{State: s, Label: Label{string(s), string(s)}, Phase: PhaseAnalysis}
}

// Label returns the labels of the state.
func (s State) Label() Label { return s.info().Label }

// PhaseOf returns the phase the public is told of. A duplicate follows its
// master, which may be nil when there is none.
func PhaseOf(r Report, master *Report) Phase {
	if r.State == Duplicate && master != nil && master.State != Duplicate {
		return master.State.info().Phase
	}
	return r.State.info().Phase
}

package report

// An Action is one thing that can happen in the life of a report. Its text is
// the type of the event it leaves.
type Action string

// The actions. WorkRecorded is never called: it is what resolve becomes when
// the report had ended before the device could say so.
const (
	Submit          Action = "submit"
	Take            Action = "take"
	Dispatch        Action = "dispatch"
	Bounce          Action = "bounce"
	Program         Action = "program"
	ApprovePlan     Action = "approve_plan"
	Reprogram       Action = "reprogram"
	Start           Action = "start"
	Suspend         Action = "suspend"
	Resume          Action = "resume"
	Resolve         Action = "resolve"
	VerifyOK        Action = "verify_ok"
	VerifyKO        Action = "verify_ko"
	Reopen          Action = "reopen"
	Reject          Action = "reject"
	LinkDuplicate   Action = "link_duplicate"
	UnlinkDuplicate Action = "unlink_duplicate"
	Cancel          Action = "cancel"
	Comment         Action = "comment"
	Photo           Action = "photo"
	Relocate        Action = "relocate"
	Reroute         Action = "reroute"
	Recategorise    Action = "recategorise"
	Reprioritise    Action = "reprioritise"
	Reassign        Action = "reassign"
	Transfer        Action = "transfer"
	Escalate        Action = "escalate"
	Interest        Action = "interest"
	WorkRecorded    Action = "work_recorded"
)

// A Label is a short text in the two languages of the product.
type Label struct {
	English string
	Italian string
}

// In returns the text for a person who reads lang: "it" or anything else,
// which reads English.
func (l Label) In(lang string) string {
	if lang == "it" {
		return l.Italian
	}
	return l.English
}

// A Naming is one action with the call that asks for it and its labels.
type Naming struct {
	Do    Action
	Call  string // name on the wire; empty when nobody can call it
	Label Label
}

// Actions lists every action in the order of a report's life. verify_ok and
// verify_ko share the call report.verify, which says in its arguments which
// of the two it means.
var Actions = []Naming{
	{Submit, "report.submit", Label{"Submit", "Segnala"}},
	{Take, "report.take", Label{"Take charge", "Prendi in carico"}},
	{Dispatch, "report.dispatch", Label{"Dispatch", "Inoltra"}},
	{Bounce, "report.bounce", Label{"Send back", "Rinvia: non di competenza"}},
	{Program, "report.program", Label{"Schedule", "Programma"}},
	{ApprovePlan, "report.approvePlan", Label{"Approve the plan", "Approva il piano"}},
	{Reprogram, "report.reprogram", Label{"Reschedule", "Riprogramma"}},
	{Start, "report.start", Label{"Start work", "Inizia il lavoro"}},
	{Suspend, "report.suspend", Label{"Suspend", "Sospendi"}},
	{Resume, "report.resume", Label{"Resume", "Riprendi"}},
	{Resolve, "report.resolve", Label{"Resolve", "Risolvi"}},
	{VerifyOK, "report.verify", Label{"Verify: solved", "Verifica: risolta"}},
	{VerifyKO, "report.verify", Label{"Verify: not solved", "Verifica: non risolta"}},
	{Reopen, "report.reopen", Label{"Reopen", "Riapri"}},
	{Reject, "report.reject", Label{"Reject", "Respingi"}},
	{LinkDuplicate, "report.linkDuplicate", Label{"Link as duplicate", "Collega come duplicata"}},
	{UnlinkDuplicate, "report.unlinkDuplicate", Label{"Unlink duplicate", "Scollega la duplicata"}},
	{Cancel, "report.cancel", Label{"Cancel", "Annulla"}},
	{Comment, "report.comment", Label{"Comment", "Commenta"}},
	{Photo, "report.photo", Label{"Add a photo", "Aggiungi una foto"}},
	{Relocate, "report.relocate", Label{"Move the place", "Sposta il luogo"}},
	{Reroute, "report.reroute", Label{"Follow the territory", "Segui il territorio"}},
	{Recategorise, "report.recategorise", Label{"Change the category", "Cambia categoria"}},
	{Reprioritise, "report.reprioritise", Label{"Change the priority", "Cambia priorità"}},
	{Reassign, "report.reassign", Label{"Reassign", "Riassegna"}},
	{Transfer, "report.transfer", Label{"Transfer", "Trasferisci"}},
	{Escalate, "report.escalate", Label{"Escalate", "Escala"}},
	{Interest, "report.interest", Label{"I see it too", "Lo vedo anch'io"}},
	{WorkRecorded, "", Label{"Work recorded afterwards", "Lavoro registrato a posteriori"}},
}

// Label returns the labels of the action; an unknown action labels itself.
func (a Action) Label() Label {
	for _, n := range Actions {
		if n.Do == a {
			return n.Label
		}
	}
	return Label{string(a), string(a)}
}

package demo

import (
	"context"
	"time"
)

// articles are what a young knowledge base holds: one for everybody, one for
// whoever works here, one for the companies, and one that is not ready.
var articles = []struct {
	kind, object, audience, state, title     string
	symptom, rootCause, workaround, solution string
}{
	{
		"competence", "abandoned_vehicle", "public", "published", "Auto abbandonate: chi è competente",
		"Un veicolo è fermo da mesi, senza targa o senza assicurazione.", "", "",
		"Se è su suolo pubblico interviene la Polizia locale. In un cortile privato decide l'amministratore del condominio.",
	},
	{
		"known_error", "atm", "staff", "published", "ATM: il lettore rifiuta le carte dopo un riavvio",
		"Dopo un riavvio il lettore espelle ogni carta.", "Il lettore parte prima del suo modulo di rete.",
		"Spegnere, attendere due minuti, riaccendere: il lettore parte per ultimo.", "Aggiornamento del fornitore, in prova.",
	},
	{
		"procedure", "street_lamp", "partner", "published", "Lampioni: che cosa fotografare dopo il lavoro",
		"", "", "", "La palina con il numero leggibile e il corpo illuminante acceso, anche di giorno.",
	},
	{
		"workaround", "printer", "staff", "draft", "Stampante: errore toner con il toner pieno",
		"Segnala toner esaurito anche se è nuovo.", "", "Pulire i contatti con un panno asciutto.", "",
	},
}

// knowledge writes the articles, as the second level does in the dashboard.
func (c *Country) knowledge(context.Context) error {
	author, _ := c.Find("l2_operator", "")
	for _, a := range articles {
		_, err := c.save("kbArticles", map[string]any{
			"kind": a.kind, "title": a.title, "objectTypes": []string{c.objects[a.object]}, "audience": a.audience, "state": a.state,
			"symptom": a.symptom, "rootCause": a.rootCause, "workaround": a.workaround, "solution": a.solution,
			"owner": author.ID, "version": 1, "reviewBy": c.cfg.Now().AddDate(0, 6, 0).UTC().Truncate(24 * time.Hour),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

package demo

import (
	"context"
	"fmt"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/photogen"
)

// A thing is something that can be reported.
type thing struct {
	code, en, it string
	org          string        // who is responsible everywhere; empty: the technology pole of the place
	public       bool          // on the public map
	proof        bool          // a photo after the work is needed
	auto         bool          // goes to the responsible without a person
	weight       int           // how often it is reported
	photo        photogen.Kind // what its photos show
	texts        []string
}

var things = []thing{
	{"pothole", "Pothole", "Buca stradale", "strade", true, true, false, 9, photogen.Pothole, []string{"Buca profonda sulla carreggiata", "Asfalto ceduto vicino al tombino", "Buca dopo la pioggia, pericolosa per le bici"}},
	{"street_lamp", "Street lamp", "Lampione spento", "luce", true, false, true, 6, photogen.StreetLamp, []string{"Lampione spento da tre sere", "Luce che lampeggia davanti alla scuola"}},
	{"fallen_tree", "Fallen tree", "Albero caduto", "verde", true, true, false, 3, photogen.FallenTree, []string{"Ramo grosso sul marciapiede", "Albero inclinato dopo il vento"}},
	{"rubbish", "Abandoned rubbish", "Rifiuti abbandonati", "ambiente", true, true, false, 6, photogen.Rubbish, []string{"Sacchi abbandonati accanto ai cassonetti", "Mobili lasciati in strada"}},
	{"flood", "Flooding", "Allagamento", "strade", true, false, false, 2, photogen.Flood, []string{"Sottopasso allagato", "Caditoia ostruita"}},
	{"abandoned_vehicle", "Abandoned vehicle", "Veicolo abbandonato", "polizia", false, false, false, 2, photogen.Rubbish, []string{"Auto senza targa ferma da mesi"}},
	{"workstation", "Workstation", "Postazione di lavoro", "", false, false, true, 5, photogen.Workstation, []string{"La postazione non si accende", "Schermo nero allo sportello 2"}},
	{"printer", "Printer", "Stampante", "", false, false, true, 3, photogen.Workstation, []string{"Stampante bloccata", "Errore toner allo sportello"}},
	{"atm", "Cash machine", "ATM", "", false, true, true, 4, photogen.CashMachine, []string{"ATM fuori servizio", "Il lettore non prende la carta"}},
	{"queue_manager", "Queue manager", "Gestore attese", "", false, false, true, 2, photogen.Workstation, []string{"Il totem non stampa i numeri"}},
	{"network", "Network", "Rete dati", "", false, false, false, 2, photogen.Workstation, []string{"Sede senza rete da stamattina"}},
}

func (c *Country) catalogue(context.Context) error {
	for _, t := range things {
		id, err := c.save("objectTypes", map[string]any{
			"code": t.code, "name": t.en, "nameIt": t.it, "public": t.public, "needsAfterPhoto": t.proof,
			"defaultPriority": 3, "dedupeRadiusM": 50, "dedupeDays": 14, "status": "mapped",
		})
		if err != nil {
			return err
		}
		c.objects[t.code] = id
		if t.org != "" {
			if _, err := c.save("activities", map[string]any{"objectType": id, "responsibleOrg": c.orgs[t.org], "kind": "repair", "autoDispatch": t.auto}); err != nil {
				return err
			}
			continue
		}
		for _, a := range c.areas {
			if a.Kind != geo.MacroArea {
				continue
			}
			_, err := c.save("activities", map[string]any{
				"objectType": id, "responsibleOrg": c.orgs["polo-"+a.Code], "area": string(a.ID), "kind": "repair", "autoDispatch": t.auto,
			})
			if err != nil {
				return err
			}
		}
	}
	return c.sites()
}

// sites puts a branch into each of a few towns, and a sorting centre, which the
// overlay district takes wherever it lies.
func (c *Country) sites() error {
	for i, s := range []struct {
		name, kind string
		lon, lat   float64
	}{
		{"Milano Cordusio", "filiale", 9.1867, 45.4654},
		{"Roma San Silvestro", "filiale", 12.4806, 41.9029},
		{"Arezzo Centro", "up", 11.8807, 43.4633},
		{"Napoli Matteotti", "filiale", 14.2497, 40.8448},
		{"Palermo Roma", "filiale", 13.3640, 38.1190},
		{"Peschiera Borromeo, smistamento", "cs", 9.3100, 45.4330},
	} {
		id, err := c.save("sites", map[string]any{
			"code": fmt.Sprintf("S%03d", i+1), "name": s.name, "type": s.kind, "lon": s.lon, "lat": s.lat, "hasPoint": true, "clientOrg": c.orgs["mp"],
		})
		if err != nil {
			return err
		}
		if _, err := c.save("assets", map[string]any{"code": fmt.Sprintf("A%03d", i+1), "type": "atm", "site": id, "status": "in_service"}); err != nil {
			return err
		}
	}
	return nil
}

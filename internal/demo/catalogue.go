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
	return c.branches()
}

// branches puts a branch into every district, and three sorting centres where
// the overlay district takes them from the districts around: the rule of the
// territory is not "where" alone, but "what" too.
func (c *Country) branches() error {
	centres := []struct {
		name     string
		lon, lat float64
	}{
		{"Smistamento Peschiera Borromeo", 9.31, 45.433},
		{"Smistamento Torino", 7.62, 45.05},
		{"Smistamento Brescia", 10.20, 45.53},
	}
	for _, s := range centres {
		if err := c.site(s.name, "cs", "pcl", s.lon, s.lat); err != nil {
			return err
		}
	}
	for _, a := range c.areas {
		if a.Kind != geo.District {
			continue
		}
		p := c.inside(a)
		if err := c.site("Filiale "+a.Name, "filiale", "mp", p.Lon, p.Lat); err != nil {
			return err
		}
	}
	return nil
}

// machines are the types of asset every site has, by the object type they are
// reported under.
var machines = map[string]string{"atm": "ATM", "queue_manager": "GA", "workstation": "PDL", "printer": "ST"}

func (c *Country) site(name, kind, client string, lon, lat float64) error {
	s := site{code: fmt.Sprintf("S%03d", len(c.sites)+1), assets: map[string]string{}}
	id, err := c.save("sites", map[string]any{
		"code": s.code, "name": name, "type": kind, "lon": lon, "lat": lat, "hasPoint": true, "clientOrg": c.orgs[client],
	})
	if err != nil {
		return err
	}
	for object, letters := range machines {
		s.assets[object], err = c.save("assets", map[string]any{
			"code": letters + "-" + s.code, "type": object, "site": id, "status": "in_service",
		})
		if err != nil {
			return err
		}
	}
	c.sites = append(c.sites, s)
	return nil
}

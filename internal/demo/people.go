package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/geo"
)

// save writes a record as an administrator would in the dashboard.
func (c *Country) save(collection string, fields map[string]any) (string, error) {
	col, err := c.cfg.App.FindCachedCollectionByNameOrId(collection)
	if err != nil {
		return "", fmt.Errorf("collection %s: %w", collection, err)
	}
	r := core.NewRecord(col)
	for name, v := range fields {
		r.Set(name, v)
	}
	if err := c.cfg.App.Save(r); err != nil {
		return "", fmt.Errorf("save %s: %w", collection, err)
	}
	return r.Id, nil
}

func (c *Country) organisations(context.Context) error {
	for _, o := range []struct{ code, name, kind string }{
		{"ambrogio", "Ambrogio, punto unico di contatto", "contact_point"},
		{"strade", "Manutenzione strade", "municipal_area"},
		{"verde", "Verde pubblico", "municipal_area"},
		{"polizia", "Polizia locale", "municipal_area"},
		{"ambiente", "Servizi ambientali SpA", "mca_company"},
		{"luce", "Illuminazione pubblica SpA", "mca_company"},
		{"mp", "Mercato Privati", "client"},
		{"pcl", "Posta, Comunicazione e Logistica", "client"},
		{"ricambi", "Ricambi e Assistenza Srl", "supplier"},
	} {
		id, err := c.save("orgs", map[string]any{"code": o.code, "name": o.name, "kind": o.kind})
		if err != nil {
			return err
		}
		c.orgs[o.code] = id
	}
	for _, a := range c.areas {
		if a.Kind != geo.MacroArea {
			continue
		}
		id, err := c.save("orgs", map[string]any{"code": "polo-" + strings.ToLower(a.Code), "name": "Polo tecnologico " + a.Name, "kind": "pole"})
		if err != nil {
			return err
		}
		c.orgs["polo-"+a.Code] = id
	}
	return nil
}

// roster is who works for the whole country, one a role.
var roster = []Person{
	{Role: "citizen", Email: "giulia", Name: "Giulia Ferri"},
	{Role: "citizen", Email: "amir", Name: "Amir Haddad"},
	{Role: "citizen", Email: "rosa", Name: "Rosa Greco"},
	{Role: "accredited_reporter", Email: "centrale", Name: "Centrale operativa"},
	{Role: "l1_operator", Email: "anna", Name: "Anna Conti"},
	{Role: "coordinator", Email: "carlo", Name: "Carlo Neri"},
	{Role: "l2_operator", Email: "dario", Name: "Dario Riva"},
	{Role: "service_manager", Email: "elena", Name: "Elena Sala"},
	{Role: "planner", Email: "franca", Name: "Franca Moro"},
	{Role: "partner_user", Email: "luce", Name: "Illuminazione pubblica"},
	{Role: "contact_operator", Email: "gino", Name: "Gino Rossi"},
	{Role: "helpdesk_agent", Email: "help", Name: "Help desk"},
	{Role: "admin", Email: "admin", Name: "Amministrazione"},
	{Role: "auditor", Email: "audit", Name: "Revisione"},
}

// people makes somebody for every role: one of each for the country, one of
// those who lead a pole for each macro area, and a lead and two technicians
// for each district.
func (c *Country) people(context.Context) error {
	inOrg := map[string]string{"accredited_reporter": "polizia", "partner_user": "luce"}
	for _, p := range roster {
		if err := c.person(p, c.orgs[inOrg[p.Role]], nil); err != nil {
			return err
		}
	}
	names := []string{"Bruno", "Marta", "Paolo", "Irene", "Sandro", "Lucia", "Tommaso", "Rita", "Aldo", "Nadia"}
	n := 0
	next := func() string { n++; return names[n%len(names)] }
	for _, a := range c.areas {
		code := strings.ToLower(a.Code)
		var err error
		switch a.Kind {
		case geo.MacroArea:
			org := c.orgs["polo-"+a.Code]
			err = c.person(Person{Role: "field_lead", Email: "field." + code, Name: next() + ", referente field " + a.Name}, org, []string{string(a.ID)})
			if err == nil {
				err = c.person(Person{Role: "pole_manager", Email: "polo." + code, Name: next() + ", polo " + a.Name}, org, []string{string(a.ID)})
			}
		case geo.District, geo.Overlay:
			err = c.crew(a, code, next)
		default:
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// crew makes the people of one district.
func (c *Country) crew(a geo.Area, code string, next func() string) error {
	area := []string{string(a.ID)}
	lead := Person{Role: "district_lead", Email: "lead." + code, Name: next() + ", referente " + a.Name, District: a.Code}
	if err := c.person(lead, "", area); err != nil {
		return err
	}
	for i := range 2 {
		tech := Person{Role: "technician", Email: fmt.Sprintf("tech%d.%s", i+1, code), Name: next() + ", tecnico", District: a.Code}
		if err := c.person(tech, "", area); err != nil {
			return err
		}
	}
	return nil
}

// languageOf returns what somebody reads.
func (c *Country) languageOf(p Person) string {
	if p.District != "" || c.cfg.Lang == "" {
		return "it"
	}
	return c.cfg.Lang
}

// person saves somebody with one role. The password is hashed once and shared:
// a hundred hashes take seconds, and in a demo it is everybody's anyway.
func (c *Country) person(p Person, org string, areas []string) error {
	col, err := c.cfg.App.FindCachedCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	p.Email += "@demo.example"
	r := core.NewRecord(col)
	r.Set("email", p.Email)
	r.Set("name", p.Name)
	r.Set("language", c.languageOf(p))
	r.Set("org", org)
	r.Set("verified", true)
	if len(c.People) == 0 {
		r.SetPassword(Password)
	} else {
		first, err := c.cfg.App.FindRecordById("users", c.People[0].ID)
		if err != nil {
			return fmt.Errorf("find the first person: %w", err)
		}
		r.SetRaw("password", first.GetRaw("password"))
		r.RefreshTokenKey()
	}
	if err := c.cfg.App.Save(r); err != nil {
		return fmt.Errorf("save %s: %w", p.Email, err)
	}
	p.ID = r.Id
	c.People = append(c.People, p)
	_, err = c.save("roles", map[string]any{"person": p.ID, "role": p.Role, "org": org, "areas": areas})
	return err
}

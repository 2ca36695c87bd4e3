package arch_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// publicCode is the part of the publiccode.yml standard (version 0.4,
// https://yml.publiccode.tools) that we fill. Decoding is strict: a key that
// is not here is a spelling mistake.
type publicCode struct {
	PubliccodeYmlVersion string   `yaml:"publiccodeYmlVersion"`
	Name                 string   `yaml:"name"`
	URL                  string   `yaml:"url"`
	SoftwareVersion      string   `yaml:"softwareVersion"`
	ReleaseDate          string   `yaml:"releaseDate"`
	Platforms            []string `yaml:"platforms"`
	Categories           []string `yaml:"categories"`
	DevelopmentStatus    string   `yaml:"developmentStatus"`
	SoftwareType         string   `yaml:"softwareType"`
	IntendedAudience     struct {
		Scope     []string `yaml:"scope"`
		Countries []string `yaml:"countries"`
	} `yaml:"intendedAudience"`
	Description map[string]struct {
		LocalisedName    string   `yaml:"localisedName"`
		ShortDescription string   `yaml:"shortDescription"`
		LongDescription  string   `yaml:"longDescription"`
		Documentation    string   `yaml:"documentation"`
		Features         []string `yaml:"features"`
	} `yaml:"description"`
	Legal struct {
		License            string `yaml:"license"`
		MainCopyrightOwner string `yaml:"mainCopyrightOwner"`
	} `yaml:"legal"`
	Maintenance struct {
		Type     string `yaml:"type"`
		Contacts []struct {
			Name string `yaml:"name"`
		} `yaml:"contacts"`
	} `yaml:"maintenance"`
	Localisation struct {
		LocalisationReady  *bool    `yaml:"localisationReady"`
		AvailableLanguages []string `yaml:"availableLanguages"`
	} `yaml:"localisation"`
	IT struct {
		CountryExtensionVersion string `yaml:"countryExtensionVersion"`
		Piattaforme             struct {
			SPID   bool `yaml:"spid"`
			Pagopa bool `yaml:"pagopa"`
			CIE    bool `yaml:"cie"`
			ANPR   bool `yaml:"anpr"`
			IO     bool `yaml:"io"`
		} `yaml:"piattaforme"`
	} `yaml:"it"`
}

// TestPublicCode holds publiccode.yml to the obligatory keys and the closed
// lists of the standard: an administration's catalogue refuses what is not.
func TestPublicCode(t *testing.T) {
	var p publicCode
	decoder := yaml.NewDecoder(strings.NewReader(read(t, "publiccode.yml")))
	decoder.KnownFields(true)
	if err := decoder.Decode(&p); err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{
		"publiccodeYmlVersion":       p.PubliccodeYmlVersion == "0.4",
		"name":                       p.Name == "Sestante",
		"url":                        isURL(p.URL),
		"softwareVersion":            p.SoftwareVersion != "",
		"releaseDate":                isDate(p.ReleaseDate),
		"platforms":                  within(p.Platforms, "web", "windows", "mac", "linux", "ios", "android"),
		"categories":                 within(p.Categories, "customer-service-and-support", "data-collection", "digital-citizenship", "geographic-information-systems", "service-desk", "task-management", "workflow-management"),
		"developmentStatus":          slices.Contains([]string{"concept", "development", "beta", "stable", "obsolete"}, p.DevelopmentStatus),
		"softwareType":               slices.Contains([]string{"standalone/mobile", "standalone/desktop", "standalone/web", "standalone/backend", "standalone/other"}, p.SoftwareType),
		"intendedAudience.scope":     within(p.IntendedAudience.Scope, "environment", "government", "infrastructures", "local-authorities", "society"),
		"legal.license":              p.Legal.License == "Apache-2.0",
		"maintenance.type":           p.Maintenance.Type == "community",
		"maintenance.contacts":       len(p.Maintenance.Contacts) > 0 && p.Maintenance.Contacts[0].Name != "",
		"localisationReady":          p.Localisation.LocalisationReady != nil,
		"availableLanguages":         slices.Equal(p.Localisation.AvailableLanguages, []string{"it", "en"}),
		"it.countryExtensionVersion": p.IT.CountryExtensionVersion == "1.0",
		"description":                len(p.Description) == 2,
	} {
		if !ok {
			t.Errorf("publiccode.yml: %s is missing or not what the standard takes", name)
		}
	}
	for _, lang := range []string{"en", "it"} {
		d := p.Description[lang]
		if n := utf8.RuneCountInString(d.ShortDescription); n == 0 || n > 150 {
			t.Errorf("publiccode.yml: description.%s.shortDescription has %d characters, want 1 to 150", lang, n)
		}
		if n := utf8.RuneCountInString(d.LongDescription); n < 150 || n > 10000 {
			t.Errorf("publiccode.yml: description.%s.longDescription has %d characters, want 150 to 10,000", lang, n)
		}
		if len(d.Features) == 0 || !isURL(d.Documentation) {
			t.Errorf("publiccode.yml: description.%s has no features, or no documentation", lang)
		}
	}
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// within reports whether there are items and all are among the allowed.
func within(items []string, allowed ...string) bool {
	for _, item := range items {
		if !slices.Contains(allowed, item) {
			return false
		}
	}
	return len(items) > 0
}

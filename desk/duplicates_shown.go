package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sestante/sestante/geo/nearby"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// shownDuplicates are the suggestions that were shown and are not kept yet: a
// question must not wait for the one writer. What the program forgets when it
// is killed is a second of a statistic.
type shownDuplicates struct {
	mu   sync.Mutex
	list []store.ShownDuplicate
	sent map[string]report.ID // by ask
}

// mostShown bounds what waits, about 200 bytes each.
const mostShown = 5_000

func (s *shownDuplicates) add(some ...store.ShownDuplicate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, some[:min(len(some), max(0, mostShown-len(s.list)))]...)
}

// come says that the report has come which an ask was for.
func (s *shownDuplicates) come(sent map[string]report.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent == nil {
		s.sent = map[string]report.ID{}
	}
	if len(s.sent)+len(sent) <= mostShown {
		maps.Copy(s.sent, sent)
	}
}

func (s *shownDuplicates) take() ([]store.ShownDuplicate, map[string]report.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, sent := s.list, s.sent
	s.list, s.sent = nil, nil
	return list, sent
}

// keepShown writes down what was shown, and what came of what was shown before.
func (d *Desk) keepShown(ctx context.Context) error {
	list, sent := d.shown.take()
	if len(list) == 0 && len(sent) == 0 {
		return nil
	}
	asks := make([]string, 0, len(list))
	for _, one := range list {
		if one.Stage == "form" {
			asks = append(asks, one.Ask)
		}
	}
	var err error
	if len(asks) > 0 {
		err = d.keepFollowed(ctx, asks) // before it is shown again, and later than it was followed
	}
	if err == nil {
		err = d.store.KeepShownDuplicates(ctx, list, sent)
	}
	if err != nil {
		d.shown.add(list...)
		d.shown.come(sent)
	}
	return err
}

// keepFollowed writes down which suggestions on forms were followed by those
// who filled these in, instead of sending them: on some forms, or on all that
// are kept and that nothing has come of.
func (d *Desk) keepFollowed(ctx context.Context, asks []string) error {
	found, err := d.store.FollowedDuplicates(ctx, asks, d.now().AddDate(0, 0, -2*idleDays))
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(f store.FollowedDuplicate) bool { return !asked(f.Ask, f.Person) })
	if len(found) == 0 {
		return nil
	}
	return d.store.KeepFollowedDuplicates(ctx, found)
}

// askOf names what suggestions are shown for by the client id, which is known
// before the report is here and afterwards, and which each sender chooses for
// themselves. Neither of the two can be read from it; but whoever knows the
// sender can tell that it is theirs, by asked.
func askOf(clientID string, sender report.PersonID) string {
	sum := sha256.Sum256([]byte("duplicates\x00" + clientID + "\x00" + string(sender)))
	ask := hex.EncodeToString(sum[:12])
	return ask + "-" + markOf(ask, sender)
}

func markOf(ask string, sender report.PersonID) string {
	sum := sha256.Sum256([]byte("sender\x00" + ask + "\x00" + string(sender)))
	return hex.EncodeToString(sum[:6])
}

// asked reports whether an ask is of that person.
func asked(ask string, who report.PersonID) bool {
	head, mark, ok := strings.Cut(ask, "-")
	return ok && mark == markOf(head, who)
}

// askOfForm names a form. Without the id of the report to come it is known by
// its sender, the day, the thing and the place, to a hundred metres; of a guest
// nobody could tell what became of it, and it has no name.
func askOfForm(p NearPlace, who report.PersonID, object nearby.Object, now time.Time) string {
	switch {
	case p.ClientID != "":
		return askOf(p.ClientID, who)
	case who == "":
		return ""
	}
	return askOf(fmt.Sprintf("%s %s %.3f %.3f", now.UTC().Format(time.DateOnly), object, p.Lon, p.Lat), who)
}

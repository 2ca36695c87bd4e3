// Package fcm sends notices through Firebase Cloud Messaging's HTTP v1 API and
// says, of every failure, what to do about it. It uses Google's own client.
//
// It refuses to retry (the outbox does, and knows when), to look up devices and
// to log: the token of a device never leaves it, not even inside an error.
package fcm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	firebase "firebase.google.com/go/v4"
	"firebase.google.com/go/v4/messaging"
	"google.golang.org/api/option"
	htransport "google.golang.org/api/transport/http"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/notify"
)

// What can go wrong before anything is sent.
var (
	ErrConfig = fault.Define(fault.Invalid, "fcm.config",
		"The settings of Firebase Cloud Messaging do not fit together.",
		"Le impostazioni di Firebase Cloud Messaging non sono coerenti.")
	ErrTooLong = fault.Define(fault.Internal, "fcm.tooLong",
		"The push message is longer than four kilobytes.",
		"Il messaggio push supera i quattro kilobyte.")
)

// scope is what a service account must be allowed to do
// (https://firebase.google.com/docs/cloud-messaging/auth-server).
const scope = "https://www.googleapis.com/auth/firebase.messaging"

// SendTimeout is how long one Send may take.
const SendTimeout = 10 * time.Second

// maxPayload is what Firebase takes at most: 4096 bytes.
const maxPayload = 4096

// A Config says which account sends, and through which door.
type Config struct {
	ProjectID       string
	Credentials     []byte // service account as JSON; or
	CredentialsFile string // the file that holds it
	// Endpoint is the address of a stand-in, such as http://127.0.0.1:9099.
	// Empty means Google's own.
	Endpoint string
	// WithoutAuth sends without credentials. It needs an Endpoint.
	WithoutAuth bool
	// HTTPClient lends its Transport; nil means one of our own.
	HTTPClient *http.Client
}

// A Sender sends pushes. It may be used by many goroutines at once.
type Sender struct {
	client *messaging.Client
}

// New returns a sender. It checks the configuration and reads the credentials,
// but talks to nobody. It returns ErrConfig, with the field, when something is
// missing or contradicts something else.
func New(ctx context.Context, cfg Config) (*Sender, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("set up push: %w", err)
	}
	transport, err := cfg.transport(ctx)
	if err != nil {
		return nil, fmt.Errorf("set up push: %w", ErrConfig.In("credentials").With("%s", err))
	}
	opts := []option.ClientOption{option.WithHTTPClient(&http.Client{Transport: single{transport}})}
	if cfg.Endpoint != "" {
		opts = append(opts, option.WithEndpoint(strings.TrimRight(cfg.Endpoint, "/")+"/v1"))
	}
	app, err := firebase.NewApp(ctx, &firebase.Config{ProjectID: cfg.ProjectID}, opts...)
	if err != nil {
		return nil, fmt.Errorf("set up push: %w", err)
	}
	client, err := app.Messaging(ctx)
	if err != nil {
		return nil, fmt.Errorf("set up push: %w", err)
	}
	return &Sender{client: client}, nil
}

func (c Config) check() error {
	credentials := len(c.Credentials) > 0 || c.CredentialsFile != ""
	switch {
	case c.ProjectID == "":
		return ErrConfig.In("projectId").With("empty")
	case c.WithoutAuth && c.Endpoint == "":
		return ErrConfig.In("withoutAuth").With("Google is not asked without credentials")
	case c.WithoutAuth && credentials:
		return ErrConfig.In("withoutAuth").With("credentials are given as well")
	case !c.WithoutAuth && !credentials:
		return ErrConfig.In("credentials").With("empty")
	}
	return nil
}

// transport returns the connection with the account's authorisation on it. We
// build it ourselves because the client takes either an account or a transport.
func (c Config) transport(ctx context.Context) (http.RoundTripper, error) {
	base := http.DefaultTransport
	if own, ok := base.(*http.Transport); ok {
		own = own.Clone()
		own.MaxIdleConnsPerHost = 64 // two by default: every worker would dial anew
		base = own
	}
	if c.HTTPClient != nil && c.HTTPClient.Transport != nil {
		base = c.HTTPClient.Transport
	}
	if c.WithoutAuth {
		return base, nil
	}
	opts := []option.ClientOption{option.WithScopes(scope), option.WithTelemetryDisabled()}
	if len(c.Credentials) > 0 {
		opts = append(opts, option.WithCredentialsJSON(c.Credentials))
	} else {
		opts = append(opts, option.WithCredentialsFile(c.CredentialsFile))
	}
	return htransport.NewTransport(ctx, base, opts...)
}

// Send sends p, once, within SendTimeout, and says how it went. It never
// returns a verdict that depends on another push: see notify.Result.Doubtful.
func (s *Sender) Send(ctx context.Context, p notify.Push) notify.Result {
	m := message(p)
	if size := payload(m); size > maxPayload {
		return notify.Result{Verdict: notify.Dead, Reason: "too_long", Error: ErrTooLong.With("%d bytes", size)}
	}
	ctx, try := begin(ctx)
	defer try.end()
	name, err := s.client.Send(ctx, m)
	if err == nil {
		return notify.Result{Verdict: notify.Sent, ProviderID: name}
	}
	return classify(err, try, p.Token)
}

// payload returns the size of what counts towards Firebase's limit: the words
// and the data, as JSON.
func payload(m *messaging.Message) int {
	b, err := json.Marshal(struct{ A, B any }{m.Notification, m.Data})
	if err != nil {
		return maxPayload + 1
	}
	return len(b)
}

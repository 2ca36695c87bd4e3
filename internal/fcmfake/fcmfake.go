// Package fcmfake stands in for Firebase Cloud Messaging in tests and
// demonstrations: it speaks the HTTP v1 API that Google's own client speaks,
// keeps what it is sent and fails on request. How a token begins says how it is
// answered:
//
//	unregistered-  404 UNREGISTERED            the app is gone
//	mismatch-      403 SENDER_ID_MISMATCH      the token belongs to another project
//	badtoken-      400 INVALID_ARGUMENT        with Firebase's own detail
//	badmessage-    400 INVALID_ARGUMENT        without it: the message is wrong
//	quota-         429 QUOTA_EXCEEDED          with Retry-After: 90
//	down-          503 UNAVAILABLE             with Retry-After: 30, always
//	flaky-         503 UNAVAILABLE             the first Flaky times, then taken
//	internal-      500 INTERNAL
//	apns-          401 THIRD_PARTY_AUTH_ERROR  Apple refuses the project's key
//	forbidden-     403 PERMISSION_DENIED       the account may not send
//	html-          502                         a proxy's page, no JSON
//	cut-           the connection ends without an answer
//	slow-          no answer until Release or Close
//
// Any other token is taken. It knows no device and delivers nothing: OnMessage
// is where a demonstration shows what a phone would.
package fcmfake

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// A Message is what one device was sent.
type Message struct {
	Token   string
	Title   string
	Body    string
	Data    map[string]string
	Android Android
	APNS    map[string]string // headers
	Webpush map[string]string // headers
	Raw     json.RawMessage   // the whole message, as it came
}

// Android is the part of a message that Android reads.
type Android struct {
	CollapseKey string
	Priority    string // normal, high
	TTL         string // such as 3600s
	Tag         string
}

// A Server is a running stand-in.
type Server struct {
	// URL is its address, without a slash at the end.
	URL string
	// Project is the only project it knows.
	Project string

	server  *httptest.Server
	account account
	release chan struct{}

	mu        sync.Mutex
	onMessage func(Message)
	oauth     bool
	flaky     int
	taken     []Message
	requests  []string       // tokens, in the order they were asked for
	failures  map[string]int // by token
	grants    int
	released  bool
}

// New returns a running server on a free port of the loopback. It asks for no
// credentials; see RequireAuth.
func New() (*Server, error) {
	acc, err := newAccount()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens at once or not at all
	if err != nil {
		return nil, fmt.Errorf("listen for the stand-in: %w", err)
	}
	s := &Server{Project: "demo", account: acc, release: make(chan struct{}), flaky: 1, failures: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/projects/{project}/{call}", s.send)
	mux.HandleFunc("POST /token", s.token)
	s.server = &httptest.Server{Listener: l, Config: &http.Server{Handler: mux}} //nolint:gosec // a stand-in on the loopback
	s.server.Start()
	s.URL = s.server.URL
	return s, nil
}

// Close stops the server; requests that hang are let go.
func (s *Server) Close() {
	s.Release()
	s.server.Close()
}

// Release answers every slow request, now and later.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.released {
		s.released = true
		close(s.release)
	}
}

// OnMessage sets what is called for each message that is taken, in the
// goroutine of its request.
func (s *Server) OnMessage(fn func(Message)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onMessage = fn
}

// Flaky sets how many times a flaky token is refused first.
func (s *Server) Flaky(times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flaky = times
}

// Messages returns what was taken so far, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

// Requests returns the tokens that were asked for, whatever the answer.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// send answers one messages:send.
func (s *Server) send(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("call") != "messages:send" || r.PathValue("project") != s.Project {
		fail(w, http.StatusNotFound, "NOT_FOUND", "", "no such project or method")
		return
	}
	if !s.authorised(r) {
		fail(w, http.StatusUnauthorized, "UNAUTHENTICATED", "", "Request had invalid authentication credentials.")
		return
	}
	var body struct {
		Message json.RawMessage `json:"message"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&body); err != nil {
		fail(w, http.StatusBadRequest, "INVALID_ARGUMENT", "", err.Error())
		return
	}
	m, err := parse(body.Message)
	if err != nil {
		fail(w, http.StatusBadRequest, "INVALID_ARGUMENT", "", err.Error())
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, m.Token)
	s.failures[m.Token]++
	flaky := s.failures[m.Token] <= s.flaky
	s.mu.Unlock()
	if s.behave(w, r, m.Token, flaky) {
		return
	}
	name, call := s.take(m)
	if call != nil {
		call(m)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"name":%q}`, name)
}

// take keeps m and returns its name and whom to tell.
func (s *Server) take(m Message) (string, func(Message)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, m)
	return fmt.Sprintf("projects/%s/messages/%d", s.Project, len(s.taken)), s.onMessage
}

// parse reads a message as far as the stand-in shows it.
func parse(raw json.RawMessage) (Message, error) {
	var in struct {
		Token        string
		Notification struct{ Title, Body string }
		Data         map[string]string
		Android      struct {
			CollapseKey  string `json:"collapse_key"` //nolint:tagliatelle // Firebase's spelling
			Priority     string
			TTL          string
			Notification struct{ Tag string }
		}
		APNS    struct{ Headers map[string]string }
		Webpush struct{ Headers map[string]string }
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return Message{}, fmt.Errorf("read the message: %w", err)
	}
	if strings.TrimSpace(in.Token) == "" {
		return Message{}, fmt.Errorf("the message has no token")
	}
	return Message{
		Token: in.Token, Title: in.Notification.Title, Body: in.Notification.Body, Data: in.Data,
		Android: Android{
			CollapseKey: in.Android.CollapseKey, Priority: in.Android.Priority,
			TTL: in.Android.TTL, Tag: in.Android.Notification.Tag,
		},
		APNS: in.APNS.Headers, Webpush: in.Webpush.Headers, Raw: raw,
	}, nil
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"github.com/sestante/sestante/internal/photogen"
)

// A victim is a server process that will be killed.
type victim struct {
	cmd *exec.Cmd
	url string
}

var servingOn = regexp.MustCompile(`msg=serving address=(\S+)`)

func startVictim(t *testing.T, dir string) *victim {
	t.Helper()
	cmd := exec.Command("sestante", "--dir", dir, "serve", "--http", "127.0.0.1:0",
		"--intake-rate-burst", "100000", "--intake-rate-per-minute", "100000")
	cmd.Env = append(os.Environ(), "SESTANTE_DIR=")
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if m := servingOn.FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, log) }() // so that the server never waits for us to read
			return &victim{cmd, "http://" + m[1]}
		}
	}
	t.Fatalf("the server never served: %v", cmd.Wait())
	return nil
}

// kill ends the process as a power cut would: no handler runs.
func (v *victim) kill(t *testing.T) {
	t.Helper()
	if err := v.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = v.cmd.Wait() // it says that it was killed
}

// A receipt is what of a receipt the test compares.
type receipt struct {
	Code       string `json:"code"`
	TrackToken string `json:"trackToken"`
	Repeated   bool   `json:"repeated"`
	Photos     []struct {
		Large string `json:"large"`
	} `json:"photos"`
}

// send posts a report with a photo under a client id of its own. It returns
// false when the server was gone before it answered.
func send(url, clientID string, photo []byte) (receipt, bool, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("clientId", clientID)
	_ = form.WriteField("description", "Report "+clientID)
	part, err := form.CreateFormFile("photos", "photo.jpg")
	if err != nil {
		return receipt{}, false, err
	}
	if _, err := part.Write(photo); err != nil {
		return receipt{}, false, err
	}
	if err := form.Close(); err != nil {
		return receipt{}, false, err
	}
	res, err := http.Post(url+"/api/mobile/v1/reports", form.FormDataContentType(), &body)
	if err != nil {
		return receipt{}, false, nil // killed: it never acknowledged
	}
	defer func() { _ = res.Body.Close() }()
	var r receipt
	if err := json.NewDecoder(res.Body).Decode(&r); err != nil {
		return receipt{}, false, nil // killed in the middle of its answer
	}
	if res.StatusCode != http.StatusCreated && res.StatusCode != http.StatusOK {
		return r, false, fmt.Errorf("%s answered %s", clientID, res.Status)
	}
	return r, true, nil
}

// TestKilled kills the server again and again while people send reports. What
// was acknowledged is there afterwards, with its photo; what was not can be
// sent again and is there once. KILLS sets the rounds.
func TestKilled(t *testing.T) {
	rounds := 4
	if n, err := strconv.Atoi(os.Getenv("KILLS")); err == nil {
		rounds = n
	}
	dir := filepath.Join(t.TempDir(), "data")
	if out, err := exec.Command("sestante", "--dir", dir, "areas", "dissolve", "--table", "italy").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	photo, err := photogen.JPEG(photogen.Scene{Kind: photogen.Pothole, Lon: 9.19, Lat: 45.46, Width: 320, Height: 240})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	acked, pending := map[string]receipt{}, map[string]bool{}
	next := 0
	for round := range rounds {
		v := startVictim(t, dir)
		stop, told := make(chan struct{}), make(chan struct{}, 1000)
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					mu.Lock()
					next++
					id := fmt.Sprintf("client-%06d", next)
					mu.Unlock()
					r, ok, err := send(v.url, id, photo)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if ok {
						acked[id] = r
						told <- struct{}{}
					} else {
						pending[id] = true
					}
					mu.Unlock()
					if !ok {
						return
					}
				}
			})
		}
		for range 3 + 7*round%19 { // the moment of the cut: whatever the others are at, once so many were told
			<-told
		}
		v.kill(t)
		close(stop)
		senders.Wait()
	}

	v := startVictim(t, dir)
	defer v.kill(t)
	for id, r := range acked {
		for _, path := range []string{"/api/mobile/v1/track/" + r.TrackToken, r.Photos[0].Large} {
			res, err := http.Get(v.url + path)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK {
				t.Errorf("%s was acknowledged, and %s answers %s", id, path, res.Status)
			}
		}
		if again, ok, err := send(v.url, id, photo); err != nil || !ok || !again.Repeated || again.Code != r.Code {
			t.Errorf("%s sent again = %+v, %v; want the receipt of %s", id, again, err, r.Code)
		}
	}
	for id := range pending {
		first, _, err := send(v.url, id, photo)
		if err != nil {
			t.Error(err)
		}
		if second, _, _ := send(v.url, id, photo); second.Code != first.Code || !second.Repeated {
			t.Errorf("%s is there twice: %s and %s", id, first.Code, second.Code)
		}
	}
	if len(acked) == 0 {
		t.Error("nothing was acknowledged: the test proves nothing")
	}
	t.Logf("%d rounds, %d acknowledged, %d cut off and sent again", rounds, len(acked), len(pending))
}

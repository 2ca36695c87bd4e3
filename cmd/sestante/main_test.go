package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sestante": main})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			root, err := filepath.Abs(filepath.Join("..", ".."))
			if err != nil {
				return err
			}
			data := os.Getenv("SESTANTE_DATA")
			if data == "" {
				data = filepath.Join(root, "..", "shared", "data")
			}
			env.Setenv("DATA", data)
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "data" { // the real boundaries are there
				_, err := os.Stat(os.Getenv("SESTANTE_DATA"))
				if err == nil {
					return true, nil
				}
				_, err = os.Stat(filepath.Join("..", "..", "..", "shared", "data"))
				return err == nil, nil
			}
			return false, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"waitfor": waitFor,
			"status":  status,
		},
	})
}

// waitFor waits until a URL answers 200.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		res, err := http.Get(args[0])
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(20 * time.Millisecond) // polling another process: there is no channel to wait on
	}
	ts.Fatalf("%s never answered", args[0])
}

// status asks a URL and wants a status: status 404 METHOD URL [BODY].
func status(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: status CODE METHOD URL [BODY]")
	}
	body := ""
	if len(args) > 3 {
		body = args[3]
	}
	req, err := http.NewRequest(args[1], args[2], strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer func() { _ = res.Body.Close() }()
	if strconv.Itoa(res.StatusCode) != args[0] {
		ts.Fatalf("%s %s = %d, want %s", args[1], args[2], res.StatusCode, args[0])
	}
}

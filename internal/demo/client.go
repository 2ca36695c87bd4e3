package demo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/sestante/sestante/desk"
)

// A caller speaks HTTP to the server as one person, or as nobody.
type caller struct {
	base  string
	token string
	lang  string
	did   func(string) // told of each request; may be nil
}

// An answerError is an answer that is not a good one.
type answerError struct {
	Status int
	Code   string
	Text   string
}

func (e *answerError) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Text) }

// codeOf returns the code of the fault a server answered with, or "".
func codeOf(err error) string {
	if a, ok := errors.AsType[*answerError](err); ok {
		return a.Code
	}
	return ""
}

// as signs a person in.
func (c caller) as(ctx context.Context, p Person) (caller, error) {
	var out struct {
		Token string `json:"token"`
	}
	err := c.send(ctx, http.MethodPost, "/api/collections/users/auth-with-password",
		map[string]string{"identity": p.Email, "password": Password}, &out)
	c.token = out.Token
	return c, err
}

// api is where the mobile API lives.
const api = "/api/mobile/v1/"

// send sends JSON and reads JSON; in and out may be nil.
func (c caller) send(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	data, err := c.do(ctx, method, path, "application/json", body)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(data, out)
}

func (c caller) do(ctx context.Context, method, path, contentType string, body io.Reader) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	req.Header.Set("Accept-Language", cmp.Or(c.lang, "it"))
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	if c.did != nil {
		c.did(fmt.Sprintf("%s %s %d", method, path, res.StatusCode))
	}
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusBadRequest {
		var f struct {
			Message string `json:"message"`
			Data    struct {
				Code string `json:"code"`
			} `json:"data"`
		}
		_ = json.Unmarshal(data, &f) // an answer that is no fault has no code
		return nil, &answerError{res.StatusCode, f.Data.Code, f.Message}
	}
	return data, nil
}

// upload sends a form with one photo.
func (c caller) upload(ctx context.Context, path string, fields map[string]string, photo []byte, out any) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, v := range fields {
		if err := form.WriteField(name, v); err != nil {
			return err
		}
	}
	part, err := form.CreateFormFile("photos", "photo.jpg")
	if err != nil {
		return err
	}
	if _, err := part.Write(photo); err != nil {
		return err
	}
	if err := form.Close(); err != nil {
		return err
	}
	data, err := c.do(ctx, http.MethodPost, path, form.FormDataContentType(), &body)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, out)
}

// call makes one call on a report.
func (c caller) call(ctx context.Context, name, report string, args any) (desk.Result, error) {
	var out desk.Result
	err := c.send(ctx, http.MethodPost, api+"calls", map[string]any{"id": desk.NewID(), "name": name, "report": report, "args": args}, &out)
	return out, err
}

// track opens a tracking link.
func (c caller) track(ctx context.Context, token string) (desk.Tracking, error) {
	var out desk.Tracking
	err := c.send(ctx, http.MethodGet, api+"track/"+url.PathEscape(token), nil, &out)
	return out, err
}

// register registers a phone that can ring. It rings in its owner's language.
func (c caller) register(ctx context.Context, phone string) error {
	return c.send(ctx, http.MethodPut, api+"devices/"+desk.NewID(), map[string]string{
		"platform": "android", "pushToken": phone, "name": phone,
	}, nil)
}

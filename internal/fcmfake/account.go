package fcmfake

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
)

// bearer is the only access token the stand-in gives out.
const bearer = "ya29.stand-in"

// An account is a service account with a key of its own, made as it starts.
type account struct {
	key *rsa.PrivateKey
	pem []byte
}

func newAccount() (account, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return account{}, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return account{}, fmt.Errorf("write the key: %w", err)
	}
	return account{key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}, nil
}

// RequireAuth makes the server refuse messages without the access token that
// ServiceAccountJSON's key is good for.
func (s *Server) RequireAuth() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oauth = true
}

// ServiceAccountJSON returns credentials as Google's console gives them out,
// with a token address at this server.
func (s *Server) ServiceAccountJSON() []byte {
	b, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": s.Project, "private_key_id": "1",
		"private_key":  string(s.account.pem),
		"client_email": "sestante@" + s.Project + ".iam.gserviceaccount.com", "client_id": "1",
		"token_uri": s.URL + "/token",
	})
	if err != nil {
		return nil // a map of strings always has a JSON form
	}
	return b
}

// Grants returns how many access tokens were given out.
func (s *Server) Grants() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grants
}

// token gives out an access token for an assertion signed by our key
// (RFC 7523).
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if err := s.verify(r.FormValue("assertion")); err != nil {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_grant", "error_description": err.Error()})
		return
	}
	s.mu.Lock()
	s.grants++
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": bearer, "token_type": "Bearer", "expires_in": 3600})
}

// verify checks the signature of a JWT signed with RS256.
func (s *Server) verify(jwt string) error {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return fmt.Errorf("an assertion has three parts, not %d", len(parts))
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return fmt.Errorf("read the signature: %w", err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&s.account.key.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
		return fmt.Errorf("check the signature: %w", err)
	}
	return nil
}

// authorised reports whether the request may send.
func (s *Server) authorised(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.oauth || r.Header.Get("Authorization") == "Bearer "+bearer
}

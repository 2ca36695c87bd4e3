package desk

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/sestante/sestante/report"
)

// signer makes and checks words that only this installation can make. Nothing
// is stored for them: a tracking link is the report's id and its signature, so
// a copy of the database alone opens none when the secret is kept outside it.
type signer struct{ key []byte }

// lower is base32 without look-alike capitals: it survives being read aloud.
var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// signatureBytes is 128 bits: not to be guessed.
const signatureBytes = 16

// sign returns the signature of a subject for one use.
func (s signer) sign(use, subject string) []byte {
	mac := hmac.New(sha256.New, s.key)
	_, _ = mac.Write([]byte(use + "\x00" + subject)) // a hash never fails to be written
	return mac.Sum(nil)[:signatureBytes]
}

func (s signer) trackToken(id report.ID) string {
	return string(id) + lower.EncodeToString(s.sign("track", string(id)))
}

// reportOf returns the report a tracking token is for, and false when this
// installation did not make it.
func (s signer) reportOf(token string) (report.ID, bool) {
	token = strings.ToLower(strings.TrimSpace(token))
	if len(token) != idLength+lower.EncodedLen(signatureBytes) {
		return "", false
	}
	id := report.ID(token[:idLength])
	got, err := lower.DecodeString(token[idLength:])
	return id, err == nil && hmac.Equal(got, s.sign("track", string(id)))
}

// signer returns the installation's signer. Its secret is the configured one,
// or one made at first use and kept in the database.
func (d *Desk) signer(ctx context.Context) (signer, error) {
	d.keyOnce.Do(func() { d.key, d.keyErr = d.makeKey(context.WithoutCancel(ctx)) })
	return signer{d.key}, d.keyErr
}

func (d *Desk) makeKey(ctx context.Context) ([]byte, error) {
	if d.cfg.Secret != "" {
		return []byte(d.cfg.Secret), nil
	}
	kept, err := d.store.Meta(ctx, "secret")
	if err != nil {
		return nil, err
	}
	if kept == "" {
		fresh := make([]byte, sha256.Size)
		_, _ = rand.Read(fresh) // never fails
		if kept, err = d.store.MetaOnce(ctx, "secret", hex.EncodeToString(fresh)); err != nil {
			return nil, fmt.Errorf("make the secret: %w", err)
		}
	}
	return hex.DecodeString(kept)
}

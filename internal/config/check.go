package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the timezone key must work on a machine without a zone database
)

// The functions below make the Check of a key. Their errors end a sentence
// that begins with the value and "is".

func notEmpty(value any) error {
	if value == "" {
		return errors.New("empty")
	}
	return nil
}

func oneOf(words ...string) func(any) error {
	return func(value any) error {
		if !slices.Contains(words, fmt.Sprint(value)) {
			return fmt.Errorf("not one of %s", strings.Join(words, ", "))
		}
		return nil
	}
}

// between accepts low and high themselves. For a time they are seconds.
func between(low, high int64) func(any) error {
	return func(value any) error {
		var number float64
		switch v := value.(type) {
		case int:
			number = float64(v)
		case int64:
			number = float64(v)
		case float64:
			number = v
		case time.Duration:
			number = v.Seconds()
		default:
			return fmt.Errorf("a %T, not a number", value)
		}
		if number < float64(low) || number > float64(high) {
			return fmt.Errorf("not between %d and %d", low, high)
		}
		return nil
	}
}

func listenAddress(value any) error {
	_, port, err := net.SplitHostPort(fmt.Sprint(value))
	if err != nil {
		return errors.New("not host:port")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("without a port from 0 to 65535")
	}
	return nil
}

func webAddress(value any) error {
	u, err := url.Parse(fmt.Sprint(value))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("not an http or https address")
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("an address with more than host and path")
	}
	return nil
}

func mailAddress(value any) error {
	if _, err := mail.ParseAddress(fmt.Sprint(value)); err != nil {
		return errors.New("not a mail address")
	}
	return nil
}

func zone(value any) error {
	name := fmt.Sprint(value)
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return errors.New("not an IANA time zone")
	}
	return nil
}

var (
	prefixForm = regexp.MustCompile(`^[A-Z]{2,4}$`)
	headerForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

func codePrefix(value any) error {
	if !prefixForm.MatchString(fmt.Sprint(value)) {
		return errors.New("not two to four letters from A to Z")
	}
	return nil
}

func headerNames(value any) error {
	names, _ := value.([]string)
	for _, name := range names {
		if !headerForm.MatchString(name) {
			return errors.New("not a list of header names")
		}
	}
	return nil
}

func longSecret(value any) error {
	if s, ok := value.(Secret); ok && len(s.Reveal()) < 32 {
		return errors.New("shorter than 32 characters")
	}
	return nil
}

// checkWhole finds keys that contradict each other or miss a partner.
func checkWhole(c Config) []error {
	var problems []error
	missing := func(wrong bool, key, detail string) {
		if wrong {
			problems = append(problems, ErrIncomplete.In(key).With("%s", detail))
		}
	}
	s3, smtp, fcm := c.Storage.S3, c.Mail.SMTP, c.Push.FCM

	missing(c.Intake.MaxBodyBytes < c.Intake.MaxPhotoBytes, "intake.max_body_bytes", "less than intake.max_photo_bytes: no photo of that size would arrive")
	missing(c.Sync.MaxKeptBytes < c.Sync.MaxPushBytes, "sync.max_kept_bytes", "less than sync.max_push_bytes: a push of that size which nobody could read would not be kept")
	missing(s3.Bucket != "" && s3.Endpoint == "", "storage.s3.endpoint", "storage.s3.bucket is set")
	missing(s3.Bucket != "" && s3.Region == "", "storage.s3.region", "storage.s3.bucket is set")
	missing(s3.Bucket != "" && s3.AccessKey == "", "storage.s3.access_key", "storage.s3.bucket is set")
	missing(s3.Bucket != "" && s3.Secret.IsZero(), "storage.s3.secret_file", "storage.s3.bucket is set")
	missing(s3.Bucket == "" && s3.Endpoint != "", "storage.s3.bucket", "storage.s3.endpoint is set")
	missing(smtp.Host != "" && smtp.From == "", "mail.smtp.from", "mail.smtp.host is set")
	missing(smtp.Host == "" && smtp.Username != "", "mail.smtp.host", "mail.smtp.username is set")
	missing(smtp.Username != "" && smtp.Password.IsZero(), "mail.smtp.password_file", "mail.smtp.username is set")
	missing(fcm.ProjectID != "" && fcm.Credentials.IsZero() && fcm.Endpoint == "", "push.fcm.credentials_file", "push.fcm.project_id is set")
	missing(fcm.ProjectID == "" && !fcm.Credentials.IsZero(), "push.fcm.project_id", "push.fcm.credentials is set")
	return problems
}

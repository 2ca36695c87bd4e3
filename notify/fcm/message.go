package fcm

import (
	"strconv"
	"time"

	"firebase.google.com/go/v4/messaging"

	"github.com/sestante/sestante/notify"
)

// maxTTL is how long Firebase keeps a message at most: four weeks.
const maxTTL = 28 * 24 * time.Hour

// message writes p for the three platforms. The words are the same for all;
// what differs is how each is told that a newer message replaces an older one
// and when a message is too old.
func message(p notify.Push) *messaging.Message {
	ttl := min(max(p.TTL, 0), maxTTL).Truncate(time.Second)
	seconds := strconv.Itoa(int(ttl / time.Second))
	priority, apns, urgency := "normal", "5", "normal"
	if p.High {
		priority, apns, urgency = "high", "10", "high"
	}
	m := &messaging.Message{
		Token:        p.Token,
		Notification: &messaging.Notification{Title: p.Title, Body: p.Body},
		Data:         map[string]string{"nid": string(p.Notice), "cause": string(p.Cause), "report": string(p.Report)},
		Android: &messaging.AndroidConfig{
			CollapseKey: p.Collapse, Priority: priority, TTL: &ttl,
			Notification: &messaging.AndroidNotification{Tag: p.Collapse},
		},
		APNS: &messaging.APNSConfig{Headers: map[string]string{
			"apns-priority": apns, "apns-expiration": strconv.FormatInt(p.Expires.Unix(), 10),
		}},
		Webpush: &messaging.WebpushConfig{Headers: map[string]string{"TTL": seconds, "Urgency": urgency}},
	}
	if p.Collapse != "" {
		m.APNS.Headers["apns-collapse-id"] = p.Collapse // at most 64 bytes
		m.Webpush.Headers["Topic"] = p.Collapse         // at most 32 of A-Za-z0-9_-
		m.Webpush.Notification = &messaging.WebpushNotification{Tag: p.Collapse}
	}
	return m
}

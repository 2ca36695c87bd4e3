package fcmfake

import (
	"encoding/json"
	"net/http"
	"strings"
)

// behave answers as the token's beginning asks. It returns false when the
// message is to be taken.
func (s *Server) behave(w http.ResponseWriter, r *http.Request, token string, flaky bool) bool {
	kind, _, _ := strings.Cut(token, "-")
	switch kind {
	case "unregistered":
		fail(w, http.StatusNotFound, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found.")
	case "mismatch":
		fail(w, http.StatusForbidden, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "SenderId mismatch")
	case "badtoken":
		fail(w, http.StatusBadRequest, "INVALID_ARGUMENT", "INVALID_ARGUMENT",
			"The registration token "+token+" is not a valid FCM registration token")
	case "badmessage":
		fail(w, http.StatusBadRequest, "INVALID_ARGUMENT", "", "Invalid JSON payload received.")
	case "quota":
		w.Header().Set("Retry-After", "90")
		fail(w, http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "Quota exceeded.")
	case "down":
		w.Header().Set("Retry-After", "30")
		fail(w, http.StatusServiceUnavailable, "UNAVAILABLE", "UNAVAILABLE", "The service is currently unavailable.")
	case "flaky":
		if !flaky {
			return false
		}
		fail(w, http.StatusServiceUnavailable, "UNAVAILABLE", "UNAVAILABLE", "The service is currently unavailable.")
	case "internal":
		fail(w, http.StatusInternalServerError, "INTERNAL", "INTERNAL", "Internal error encountered.")
	case "apns":
		fail(w, http.StatusUnauthorized, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", "Auth error from APNS or Web Push Service")
	case "forbidden":
		fail(w, http.StatusForbidden, "PERMISSION_DENIED", "", "Permission 'cloudmessaging.messages.create' denied.")
	case "html":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html><title>502 Bad Gateway</title></html>"))
	case "cut":
		panic(http.ErrAbortHandler)
	case "slow":
		select {
		case <-s.release:
			return false
		case <-r.Context().Done():
		}
	default:
		return false
	}
	return true
}

// fail writes an error as Google's APIs do, with Firebase's own detail when
// code is not empty.
func fail(w http.ResponseWriter, status int, platform, code, message string) {
	inner := map[string]any{"code": status, "message": message, "status": platform}
	if code != "" {
		inner["details"] = []any{map[string]string{
			"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code,
		}}
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": inner})
}

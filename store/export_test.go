package store

import fieldsync "github.com/sestante/sestante/sync"

// CaptureSQL renders the capture of any tables, in the order it is created in.
func CaptureSQL(cs []fieldsync.Collection, es []fieldsync.Entitlement, exists func(table string) bool) []string {
	var out []string
	for _, o := range captureObjects(cs, es, exists) {
		out = append(out, o.sql)
	}
	return out
}

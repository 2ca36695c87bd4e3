package fieldsync

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// AppendLine appends a line of a pull or a push reply in JSON, and a newline.
// It writes the many Put lines without reflection and copies their bodies.
func AppendLine(dst []byte, line any) ([]byte, error) {
	p, ok := line.(Put)
	if !ok {
		raw, err := json.Marshal(line)
		if err != nil {
			return dst, fmt.Errorf("write a line: %w", err)
		}
		return append(append(dst, raw...), '\n'), nil
	}
	dst = append(dst, `{"t":"p","q":`...)
	dst = strconv.AppendInt(dst, p.Q, 10)
	dst = append(dst, `,"c":`...)
	dst = appendString(dst, p.C)
	dst = append(dst, `,"id":`...)
	dst = appendString(dst, p.I)
	dst = append(dst, `,"v":`...)
	dst = strconv.AppendInt(dst, p.V, 10)
	dst = append(dst, `,"m":[`...)
	for i, m := range p.M {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, m, 10)
	}
	dst = append(dst, `],"h":"`...)
	dst = append(append(dst, p.H...), '"')
	if len(p.D) > 0 {
		dst = append(append(dst, `,"d":`...), p.D...)
	}
	return append(dst, '}', '\n'), nil
}

// appendString writes a JSON string; ids of plain characters, which is all but
// a record somebody made by hand, need no escaping.
func appendString(dst []byte, s string) []byte {
	for _, c := range []byte(s) {
		if c < 'A' || c > 'z' || c == '\\' {
			if c < '0' || c > '9' {
				raw, _ := json.Marshal(s) // a string always has JSON
				return append(dst, raw...)
			}
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

package format

// steps tell a caller how far the work is, in hundredths. Reading and checking
// share them.
type steps struct {
	tell     func(done, total int64)
	from, to float64 // the part of the whole that is being done
	last     int64
}

// whole is the total that callers are told: hundredths would round away what
// they may want to show.
const whole = 1000

func newSteps(tell func(done, total int64)) *steps { return &steps{tell: tell, last: -1} }

// begin says which part of the whole comes now, as fractions of it.
func (s *steps) begin(from, to float64) {
	s.from, s.to = from, to
	s.at(0, 1)
}

// at says that done of total of this part are done.
func (s *steps) at(done, total int) {
	if s.tell == nil || total <= 0 {
		return
	}
	part := min(float64(done)/float64(total), 1)
	now := int64((s.from + part*(s.to-s.from)) * whole)
	if now > s.last && (now >= s.last+whole/200 || s.last < 0) {
		s.last = now
		s.tell(now, whole)
	}
}

func (s *steps) finish() {
	if s.tell != nil && s.last < whole {
		s.last = whole
		s.tell(whole, whole)
	}
}

package cluster_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/sestante/sestante/geo/cluster"
)

// exactPoisson is the tail in numbers of 400 bits.
func exactPoisson(count int, mean float64) float64 {
	term, sum := big.NewFloat(1).SetPrec(400), big.NewFloat(0).SetPrec(400)
	m := new(big.Float).SetPrec(400).SetFloat64(mean)
	all := big.NewFloat(0).SetPrec(400)
	for k := range count + int(20*math.Sqrt(mean+1)) + int(mean) + 400 {
		if k > 0 {
			term.Mul(term, m).Quo(term, new(big.Float).SetInt64(int64(k)))
		}
		all.Add(all, term)
		if k >= count {
			sum.Add(sum, term)
		}
	}
	p, _ := sum.Quo(sum, all).Float64()
	return p
}

func TestPoissonTail(t *testing.T) {
	for _, mean := range []float64{1e-9, 0.001, 0.3, 1, 4.5, 30, 400, 2500} {
		for _, off := range []float64{-5, -2, -0.5, 0, 0.5, 2, 6, 20} {
			count := int(mean + off*math.Sqrt(mean+1))
			if count < 0 {
				continue
			}
			got, want := cluster.PoissonTail(count, mean), exactPoisson(count, mean)
			if math.Abs(got-want) > 1e-9*want+1e-300 {
				t.Errorf("PoissonTail(%d, %v) = %v, want %v", count, mean, got, want)
			}
		}
	}
	for _, tt := range []struct {
		count int
		mean  float64
		want  float64
	}{
		{0, 3, 1}, {-1, 3, 1}, {1, 0, 0}, {1, -1, 0}, {5, math.NaN(), 1}, {5, math.Inf(1), 1}, {10_000, 0.001, 0},
	} {
		if got := cluster.PoissonTail(tt.count, tt.mean); got != tt.want {
			t.Errorf("PoissonTail(%d, %v) = %v, want %v", tt.count, tt.mean, got, tt.want)
		}
	}
	if got := cluster.PoissonTail(1_000_000, 1_000_000); math.Abs(got-0.5) > 0.001 {
		t.Errorf("at a mean of a million it is %v, want about a half", got)
	}
}

// exactBinomial is the chance that of n reports count or more fall into one of
// 1+rate spans: the conditional test.
func exactBinomial(count, n int, rate int64) float64 {
	chance := big.NewRat(1, 1+rate)
	rest := big.NewRat(rate, 1+rate)
	sum := new(big.Rat)
	for k := count; k <= n; k++ {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(int64(n), int64(k)))
		for range k {
			term.Mul(term, chance)
		}
		for range n - k {
			term.Mul(term, rest)
		}
		sum.Add(sum, term)
	}
	p, _ := sum.Float64()
	return p
}

func TestPredictiveTail(t *testing.T) {
	for _, rate := range []int64{1, 4, 8} {
		for _, history := range []int{0, 1, 7, 40} {
			for _, count := range []int{1, 2, 5, 9, 30} {
				got := cluster.PredictiveTail(count, float64(history)+1, float64(rate))
				want := exactBinomial(count, history+count, rate)
				if math.Abs(got-want) > 1e-9*want {
					t.Errorf("PredictiveTail(%d, %d, %d) = %v, the exact test says %v", count, history+1, rate, got, want)
				}
			}
		}
	}
	// The better a mean is known, the more it is Poisson's.
	for _, count := range []int{1, 4, 12} {
		got, want := cluster.PredictiveTail(count, 3e6, 1e6), cluster.PoissonTail(count, 3)
		if math.Abs(got-want) > 1e-4*want {
			t.Errorf("with a mean of 3 seen a million times, %d or more: %v, want %v", count, got, want)
		}
	}
	for _, tt := range []struct{ shape, rate, want float64 }{
		{1, 0, 1}, {0, 1, 0}, {math.NaN(), 1, 1}, {1, math.NaN(), 1}, {math.Inf(1), 1, 1}, {1, math.Inf(1), 0},
	} {
		if got := cluster.PredictiveTail(3, tt.shape, tt.rate); got != tt.want {
			t.Errorf("PredictiveTail(3, %v, %v) = %v, want %v", tt.shape, tt.rate, got, tt.want)
		}
	}
}

// The example of the paper of 1995: fifteen tests, four discoveries at 0.05.
func TestBenjaminiHochberg(t *testing.T) {
	p := []float64{0.0278, 0.0001, 0.0298, 0.0004, 0.0019, 0.0095, 0.0201}
	found := 0
	q := cluster.BenjaminiHochberg(p, 15)
	for _, v := range q {
		if v <= 0.05 {
			found++
		}
	}
	if found != 4 {
		t.Errorf("%d discoveries, the paper has 4: %v", found, q)
	}
	for i := range p {
		for j := range p {
			if p[i] < p[j] && q[i] > q[j] {
				t.Errorf("p %v < %v but q %v > %v", p[i], p[j], q[i], q[j])
			}
		}
	}
	if got := cluster.BenjaminiHochberg([]float64{0.5, 0.9}, 0); !slices.Equal(got, []float64{0.9, 0.9}) {
		t.Errorf("of two tests: %v", got)
	}
	if got := cluster.BenjaminiHochberg(nil, 10); len(got) != 0 {
		t.Errorf("of none: %v", got)
	}
}

// FuzzTails: a chance is a chance, and more reports are not likelier.
func FuzzTails(f *testing.F) {
	f.Add(5, 0.3, 2.0)
	f.Add(1<<20, 1e9, 1e-9)
	f.Fuzz(func(t *testing.T, count int, mean, rate float64) {
		if count > 1e6 || mean > 1e6 || (rate > 0 && rate < 1e-3) {
			return // sums of millions of terms
		}
		for name, p := range map[string][2]float64{
			"Poisson":    {cluster.PoissonTail(count, mean), cluster.PoissonTail(min(count, 1e6)+1, mean)},
			"predictive": {cluster.PredictiveTail(count, mean, rate), cluster.PredictiveTail(min(count, 1e6)+1, mean, rate)},
		} {
			if !(p[0] >= 0 && p[0] <= 1) || p[1] > p[0]+1e-6 {
				t.Errorf("%s: count %d, mean or shape %v, rate %v: %v, one more %v", name, count, mean, rate, p[0], p[1])
			}
		}
	})
}

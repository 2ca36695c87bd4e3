package cluster

import (
	"cmp"
	"math"
	"slices"
)

// PoissonTail returns the chance that a Poisson variable of this mean is count
// or more. It is summed from the term of count, away from the mean, so that a
// chance of 1e-300 is as good as one of 0.3. A mean that is no number claims
// nothing: the answer is 1.
func PoissonTail(count int, mean float64) float64 {
	switch {
	case count <= 0 || math.IsNaN(mean) || math.IsInf(mean, 1):
		return 1
	case mean <= 0:
		return 0
	}
	start := func(k float64) float64 { return math.Exp(k*math.Log(mean) - mean - lgamma(k+1)) }
	return tail(float64(count), mean, start, func(k float64) float64 { return mean / (k + 1) })
}

// PredictiveTail returns the chance that a count is count or more when its mean
// is not known but has a gamma distribution of this shape and rate: that of a
// mean that was seen as shape reports in rate spans of time. It is the tail of
// a negative binomial, heavier than Poisson's of the mean shape/rate, and with
// a growing rate becomes that. With shape = H+1 it is the exact conditional
// test of two Poisson counts, H in rate spans against count in one
// (Przyborowski & Wilenski 1940).
func PredictiveTail(count int, shape, rate float64) float64 {
	switch {
	case count <= 0 || math.IsNaN(shape) || math.IsNaN(rate) || math.IsInf(shape, 1) || rate <= 0:
		return 1
	case shape <= 0 || math.IsInf(rate, 1):
		return 0
	}
	first := lgamma(shape)
	stay, leave := shape*-math.Log1p(1/rate), -math.Log1p(rate) // logarithms of (rate/(1+rate))^shape and 1/(1+rate)
	start := func(k float64) float64 {
		return math.Exp(lgamma(shape+k) - first - lgamma(k+1) + stay + k*leave)
	}
	return tail(float64(count), shape/rate, start, func(k float64) float64 { return (shape + k) / (k + 1) / (1 + rate) })
}

// tail sums the terms of a distribution from k on: up from k when k is beyond
// the mean, else one less what is below it. start is the term of k, ratio what
// the next is of the one of k.
func tail(k, mean float64, start, ratio func(k float64) float64) float64 {
	const enough = 1e-17
	sum := 0.0
	if k > mean {
		for term := start(k); term > sum*enough; k++ {
			sum += term
			term *= ratio(k)
		}
		return math.Min(sum, 1)
	}
	for k, term := k-1, start(k-1); k >= 0 && term > sum*enough; k-- {
		sum += term
		term /= ratio(k - 1)
	}
	return math.Max(0, 1-math.Min(sum, 1))
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// BenjaminiHochberg returns the q value of each p value: the smallest share of
// false discoveries at which it would be one (Benjamini & Hochberg 1995). tests
// is how many were made: those not in p found nothing, and count as p = 1. Fewer
// than len(p) is taken for len(p).
func BenjaminiHochberg(p []float64, tests int) []float64 {
	tests = max(tests, len(p))
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	q := make([]float64, len(p))
	least := 1.0
	for rank, i := range slices.Backward(order) {
		least = math.Min(least, p[i]*float64(tests)/float64(rank+1))
		q[i] = least
	}
	return q
}

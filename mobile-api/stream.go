package mobileapi

type streams struct{}

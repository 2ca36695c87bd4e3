# One line of ## a target: that is the help. POSIX sh and Go are all that is
# needed; the tools are installed by exact version into .tools/bin.

GO            ?= go
GOLANGCI      := .tools/bin/golangci-lint-v2.15.0
GOVULNCHECK   := .tools/bin/govulncheck-v1.8.0
BENCHSTAT     := .tools/bin/benchstat-v0.0.0-20260908200009-22c9c6c9d4da

# Where goroutines meet: these run under the race detector as well.
RACE          := $(addprefix ./,$(addsuffix /...,$(wildcard sync jobs desk notify mobile-api)))
# What a release is built for, and the part of it that every test builds: one
# other processor and one other system, beside this machine.
PLATFORMS     := linux/amd64 linux/arm64 darwin/arm64 windows/amd64
CROSS         := linux/arm64 windows/amd64

VERSION       := $(or $(V),$(shell git describe --tags --always --dirty 2>/dev/null),development)
BUILD         := -trimpath -buildvcs=false -ldflags "-s -w -X main.Version=$(VERSION)"
IGNORED       := $(foreach d,.git .tools dist sestante_data client/node_modules client/dist,-path ./$(d) -prune -o)
T             ?= 30s
N             ?= 10

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo run test check fmt fmt-check vet lint unit race verify gen golden vuln build cross cover bench bench-peers bench-diff fuzz geo-judge sim sim-mutants crash client release tools clean need-go

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

demo: need-go ## a town with reports, people and photos, ready to click: make demo [DATA=folder]
	$(GO) run -buildvcs=false ./cmd/sestante demo $(if $(DATA),--data "$(DATA)")

run: need-go ## the server on ./sestante_data, open for development
	$(GO) run -buildvcs=false ./cmd/sestante serve --production=false

test: need-go fmt-check vet lint unit sim race verify vuln build cross client ## everything CI runs, in its order
	@echo "all green"

check: need-go vet unit ## the quick half of test: no tools to install

fmt: $(GOLANGCI) ## write every file as gofumpt and goimports would
	$(GOLANGCI) fmt ./...

fmt-check: $(GOLANGCI) ## say which files fmt would change
	$(GOLANGCI) fmt --diff ./...

vet: need-go ## go vet
	$(GO) vet ./...

lint: $(GOLANGCI) ## golangci-lint, as .golangci.yml says
	$(GOLANGCI) run ./...

unit: need-go ## every test, in a shuffled order
	$(GO) test -shuffle=on -timeout 30m ./...

race: need-go ## the rooms with goroutines under the race detector (needs a C compiler)
	@if [ -z "$(RACE)" ]; then echo "no room with goroutines yet"; \
	elif ! command -v $${CC:-cc} >/dev/null 2>&1 && ! command -v gcc >/dev/null 2>&1; then \
		echo "not run: the race detector needs a C compiler, and there is none"; \
	else echo "CGO_ENABLED=1 $(GO) test -race -short -timeout 40m $(RACE)"; CGO_ENABLED=1 $(GO) test -race -short -timeout 40m $(RACE); fi

verify: need-go ## fail when something generated is out of date (and write it)
	@before=$$(mktemp) && after=$$(mktemp) && trap 'rm -f "$$before" "$$after"' EXIT && \
	find . $(IGNORED) -type f -exec cksum {} + | sort -k 3 >"$$before" && \
	$(MAKE) --no-print-directory gen && \
	find . $(IGNORED) -type f -exec cksum {} + | sort -k 3 >"$$after" && \
	if ! diff "$$before" "$$after"; then echo "these files were out of date; make gen has just written them"; exit 1; fi

gen: need-go ## write every file that is made from a table in the code
	@UPDATE=1 $(GO) test -count=1 $$(grep -rl --include='*_test.go' 'Getenv("UPDATE")' . | sed 's|/[^/]*$$||' | sort -u)

golden: gen ## the same as gen

vuln: need-go $(GOVULNCHECK) ## known vulnerabilities that our code can reach
	@out=$$($(GOVULNCHECK) ./... 2>&1); code=$$?; \
	if [ $$code -eq 0 ]; then echo "$$out" | tail -n 3; \
	elif echo "$$out" | grep -q 'fetching vulnerabilities'; then echo "not checked: the vulnerability database is out of reach"; \
	else echo "$$out"; exit $$code; fi

build: need-go ## dist/sestante for this machine
	CGO_ENABLED=0 $(GO) build $(BUILD) -o dist/sestante ./cmd/sestante

cross: need-go ## build for other platforms, without a C compiler
	@for p in $(CROSS); do \
		echo "$$p"; CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -buildvcs=false -o /dev/null ./cmd/sestante || exit 1; \
	done

cover: need-go ## cover.html: which lines the tests reach
	$(GO) test -coverprofile=cover.out -coverpkg=./... ./...
	$(GO) tool cover -html=cover.out -o cover.html
	@$(GO) tool cover -func=cover.out | tail -n 1

bench: need-go ## every benchmark N=10 times, into bench/new.txt
	@mkdir -p bench
	$(GO) test -run '^$$' -bench . -benchmem -count $(N) ./... >bench/new.txt || { cat bench/new.txt; exit 1; }
	@cat bench/new.txt
	@$(MAKE) --no-print-directory bench-peers

bench-peers: need-go ## who owns a place: the index of areas beside other libraries, in one run
	cd bench/peers && $(GO) run . $(PEERS)

bench-diff: $(BENCHSTAT) ## compare bench/old.txt with bench/new.txt
	$(BENCHSTAT) bench/old.txt bench/new.txt

fuzz: need-go ## every fuzz target in turn, T=30s each
	@grep -rno --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sed 's|:[0-9]*:func | |' | while read -r file name; do \
		echo "$$name"; $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(T) -fuzzminimizetime 1x "$$(dirname "$$file")" </dev/null || exit 1; \
	done

geo-judge: need-go ## ask PostGIS about the same places: GEO_JUDGE=connection string of a database that has it
	@if ! command -v psql >/dev/null 2>&1; then echo "not judged: there is no psql"; \
	elif [ -z "$$GEO_JUDGE" ]; then echo "not judged: set GEO_JUDGE to the connection string of a database with PostGIS"; \
	elif [ -z "$$(psql -X -qAt "$$GEO_JUDGE" -c "SELECT 1 FROM pg_extension WHERE extname = 'postgis'" 2>/dev/null)" ]; then echo "not judged: the database of GEO_JUDGE is out of reach or has no PostGIS"; \
	else $(GO) test -count=1 -v -run '^TestJudge$$' ./geo ./geo/crs; fi

sim: need-go ## many devices, a bad network, cut power: make sim [SEED=1] [N=2000]; SEED alone plays one and tells its story
	SIM_SEED=$(SEED) SIM_N=$(if $(filter command,$(firstword $(origin N))),$(N),$(if $(SEED),,2000)) $(GO) test -count=1 -timeout 0 -v -run '^TestSimulation$$' ./internal/sim

sim-mutants: need-go ## break the engine on purpose, one way at a time: the simulation must notice each
	SIM_MUTANTS=1 $(GO) test -count=1 -timeout 0 -v -run '^TestMutants$$' ./internal/sim

crash: need-go ## kill the server KILLS=200 times while devices push and people report
	KILLS=$(or $(KILLS),200) $(GO) test -count=1 -timeout 0 -v -run '^TestKilled' ./cmd/sestante

client: need-go ## the TypeScript client: exact versions, types, tests (in Chromium too, where there is one), size
	@if ! command -v npm >/dev/null 2>&1; then echo "not run: the TypeScript client needs Node 20 or newer with npm"; \
	else cd client && npm ci --no-audit --no-fund --ignore-scripts && \
	npm run check && npm test && npm run test:server && npm run test:browser && npm run build && npm run size; fi

release: need-go ## V=1.2.3: check the changelog, test, build, checksums, tag
	@echo "$(V)" | grep -Eq '^[0-9]+\.[0-9]+\.[0-9]+$$' || { echo "say which: make release V=1.2.3"; exit 1; }
	@grep -q '^## \[$(V)\]' CHANGELOG.md || { echo "CHANGELOG.md has no chapter [$(V)]"; exit 1; }
	@test -z "$$(git status --porcelain)" || { echo "there are changes that are not committed"; exit 1; }
	@$(MAKE) --no-print-directory test
	@for p in $(PLATFORMS); do \
		name=dist/sestante_$(V)_$${p%/*}_$${p#*/}; case $$p in windows/*) name=$$name.exe;; esac; echo "$$name"; \
		CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build $(BUILD) -o $$name ./cmd/sestante || exit 1; \
	done
	@cd dist && { sha256sum sestante_$(V)_* 2>/dev/null || shasum -a 256 sestante_$(V)_*; } >sestante_$(V)_checksums.txt
	git tag -a v$(V) -m "Sestante $(V)"

tools: $(GOLANGCI) $(GOVULNCHECK) $(BENCHSTAT) ## install the tools now, to work without a network later

clean: ## take away what was built and measured (not the data)
	rm -rf dist cover.out cover.html bench/new.txt

need-go:
	@command -v $(GO) >/dev/null 2>&1 || { echo "Sestante is built with Go 1.26 or newer: https://go.dev/dl/"; exit 1; }

# A tool's file carries its version, so that another version is another file.
# $(1) is the file, $(2) the package.
define install
	@command -v $(GO) >/dev/null 2>&1 || { echo "Sestante is built with Go 1.26 or newer: https://go.dev/dl/"; exit 1; }
	@echo "installing $(notdir $(1)) into .tools/bin (a few minutes the first time)"
	@mkdir -p .tools/bin
	@GOBIN="$(CURDIR)/.tools/bin" GOFLAGS= CGO_ENABLED=0 $(GO) install $(2)@$(patsubst $(notdir $(2))-%,%,$(notdir $(1)))
	@mv -f .tools/bin/$(notdir $(2)) $(1)
endef

$(GOLANGCI):
	$(call install,$@,github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
$(GOVULNCHECK):
	$(call install,$@,golang.org/x/vuln/cmd/govulncheck)
$(BENCHSTAT):
	$(call install,$@,golang.org/x/perf/cmd/benchstat)

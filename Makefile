# artdag: make help

GO ?= go
BIN := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

.PHONY: help build tools test-tools demo test check bench clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: ## build the artdag command into bin/
	@mkdir -p $(BIN)
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/artdag ./cmd/artdag

tools: ## install ffmpeg, aubio-tools and bubblewrap where they are missing
	@deploy/install-tools.sh

test-tools: ## install what the tests need as well (Blender)
	@deploy/install-tools.sh test

demo: tools build ## render the demo film; the second time nothing is executed
	@deploy/demo.sh $(BIN)/artdag

test: test-tools ## run every test, with the race detector
	$(GO) test -race -timeout 60m ./...

check: ## format, vet, staticcheck, layers, documentation
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo 'not formatted (run gofmt -w):'; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	$(GO) test -count=1 .
	cd tools && $(GO) build -o ../.tools/ honnef.co/go/tools/cmd/staticcheck
	.tools/staticcheck ./...

bench: tools ## measure artdag beside what one would use instead
	$(GO) run ./bench

clean: ## remove what was built
	rm -rf $(BIN) .tools

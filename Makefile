# artdag: make help

GO ?= go
BIN := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

.PHONY: help build tools test-tools demo test check bench clean image-binaries images images-offline images-blender images-prometheus images-caddy test-cluster bundle release sbom-images deb reproduce test-machine

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: ## build the artdag command into bin/
	@mkdir -p $(BIN)
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/artdag ./cmd/artdag

tools: ## install ffmpeg, aubio-tools and bubblewrap where they are missing
	@deploy/install-tools.sh

test-tools: .tools/bin/ipfs ## install what the tests need as well (Blender, Redis, PostgreSQL, Kubo)
	@deploy/install-tools.sh test

.tools/bin/ipfs: tools/go.mod tools/go.sum
	@echo 'building Kubo: several minutes the first time'
	cd tools && $(GO) build -ldflags '-s -w' -o ../$@ github.com/ipfs/kubo/cmd/ipfs
	@touch $@

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
	cd deploy/kubernetes && $(GO) vet . && $(GO) test -count=1 .
	cd tools/sbom && $(GO) vet . && $(GO) test -count=1 .
	cd tools && $(GO) build -o ../.tools/ honnef.co/go/tools/cmd/staticcheck
	.tools/staticcheck ./...

bench: test-tools ## measure artdag beside what one would use instead
	$(GO) run ./bench

# The programs of the images: static, and the same bytes on every machine.
IMAGE_PROGRAMS := scheduler worker asynqmon healthcheck artdag
# ARCH=arm64: for machines of another kind than this one.
IMAGE_BINARIES := $(BIN)/images$(addprefix -,$(ARCH))

image-binaries: $(if $(ARCH),,.tools/bin/ipfs)
	@mkdir -p $(IMAGE_BINARIES)
	CGO_ENABLED=0 GOOS=linux GOARCH=$(ARCH) $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o $(IMAGE_BINARIES)/ $(addprefix ./cmd/,$(IMAGE_PROGRAMS))
	$(if $(ARCH),cd tools && CGO_ENABLED=0 GOOS=linux GOARCH=$(ARCH) $(GO) build -ldflags '-s -w' -o ../$(IMAGE_BINARIES)/ipfs github.com/ipfs/kubo/cmd/ipfs,@cp -u .tools/bin/ipfs $(IMAGE_BINARIES)/ipfs)

images: image-binaries ## build the container images on Debian's official image
	ARTDAG_VERSION=$(VERSION) deploy/images.sh $(IMAGE_BINARIES)

images-offline: image-binaries ## build them out of Debian's packages: no registry needed
	@deploy/install-tools.sh images
	OFFLINE=1 ARTDAG_VERSION=$(VERSION) deploy/images.sh $(IMAGE_BINARIES)

images-blender: ## build the image of a worker with Blender, after the others
	ARTDAG_VERSION=$(VERSION) deploy/images.sh $(IMAGE_BINARIES) worker-blender

images-prometheus: image-binaries ## build an image of Debian's Prometheus, for deploy/compose.observability.yml without a registry
	ARTDAG_VERSION=$(VERSION) deploy/images.sh $(IMAGE_BINARIES) prometheus

.tools/bin/caddy: tools/caddy/go.mod tools/caddy/go.sum
	@echo 'building Caddy: some minutes the first time'
	cd tools/caddy && CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w' -o ../../$@ github.com/caddyserver/caddy/v2/cmd/caddy
	@touch $@

images-caddy: image-binaries .tools/bin/caddy ## build an image of Caddy, for deploy/compose.tls.yml without a registry
	@cp -u .tools/bin/caddy $(IMAGE_BINARIES)/caddy
	ARTDAG_VERSION=$(VERSION) deploy/images.sh $(IMAGE_BINARIES) caddy

test-cluster: ## run the farm in containers and kill parts of it (needs Docker and the images)
	@# make test has run those that are there without the tag
	$(GO) test -tags cluster -skip "^($$($(GO) test -list . ./deploy/deploytest | grep ^Test | paste -sd '|' -))\$$" -count=1 -timeout 25m -v ./deploy/deploytest

bundle: ## one archive for machines without a registry: images, compose file, install.sh
	ARTDAG_VERSION=$(VERSION) deploy/bundle.sh dist

sbom-images: ## what the images are made of (CycloneDX), into dist/sbom/
	GO="$(GO)" deploy/sbom-images.sh dist/sbom $(foreach image,redis postgres ipfs scheduler asynqmon worker,artdag/$(image):$(VERSION))

deb: ## the Debian packages for amd64 and arm64, into dist/
	GO="$(GO)" SYSTEMS=linux deploy/release.sh dist $(VERSION) '$(LDFLAGS)'

release: ## the programs for linux, darwin and windows on amd64 and arm64, packages, bills of materials, checksums, into dist/
	GO="$(GO)" deploy/release.sh dist $(VERSION) '$(LDFLAGS)'

reproduce: ## build this commit twice, elsewhere and with nothing cached, and compare the bytes
	GO="$(GO)" deploy/reproduce.sh

test-machine: ## install the package on a copy of this machine and run its units under systemd (needs root)
	$(GO) test -tags machine -count=1 -timeout 20m -v ./deploy/packagetest

clean: ## remove what was built
	rm -rf $(BIN) .tools

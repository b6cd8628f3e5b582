package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

const status = `Package: libavcodec59
Status: install ok installed
Architecture: amd64
Source: ffmpeg
Version: 7:5.1.9-0+deb12u1
Description: library
 of two
 .
 paragraphs

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: bash
Status: install ok installed
Architecture: amd64
Source: bash (5.2-1)
Version: 5.2-1+b1
`

const program = `{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,
"metadata":{"component":{"bom-ref":"p","type":"application","name":"worker"}},
"components":[{"bom-ref":"m","type":"library","name":"example.org/m","version":"v1.0.0"}]}`

func written(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAnImage(t *testing.T) {
	var out bytes.Buffer
	args := []string{"-name", "artdag/worker", "-version", "1", "-dpkg", written(t, "status", status), written(t, "a.json", program)}
	if err := run(args, &out); err != nil {
		t.Fatal(err)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(&out, cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range *bom.Components {
		got = append(got, c.Name+" "+c.PackageURL)
	}
	want := []string{
		"bash pkg:deb/debian/bash@5.2-1+b1?arch=amd64&upstream=bash%405.2-1",
		"libavcodec59 pkg:deb/debian/libavcodec59@7:5.1.9-0+deb12u1?arch=amd64&upstream=ffmpeg",
		"worker ",
	}
	if !slices.Equal(got, want) || bom.Metadata.Component.Name != "artdag/worker" {
		t.Errorf("the image is made of %q, want %q", got, want)
	}
	if inside := *(*bom.Components)[2].Components; len(inside) != 1 || inside[0].BOMRef != "p/m" {
		t.Errorf("the program is made of %+v", inside)
	}
}

func TestWhatIsNoListOfPackages(t *testing.T) {
	for name, args := range map[string][]string{
		"no name":          {written(t, "a.json", program)},
		"nothing in it":    {"-name", "x"},
		"an empty status":  {"-name", "x", "-dpkg", written(t, "status", "")},
		"no status":        {"-name", "x", "-dpkg", written(t, "status", "this is\nno status\n")},
		"no such file":     {"-name", "x", "nothing.json"},
		"no bill of goods": {"-name", "x", written(t, "b.json", "{}")},
	} {
		if err := run(args, &bytes.Buffer{}); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

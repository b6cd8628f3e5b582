// Command sbom writes what an image of the farm is made of: its Debian packages,
// as dpkg's status file lists them, and the modules of its programs, as the bills
// of materials that cyclonedx-gomod wrote of them list those.
//
//	sbom -name artdag/worker -version 1.0 -dpkg status worker.cdx.json >image.cdx.json
//
// The format is CycloneDX; the same image gives the same bytes.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/textproto"
	"net/url"
	"os"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("sbom", flag.ContinueOnError)
	name := flags.String("name", "", "of the image")
	version := flags.String("version", "", "of the image")
	status := flags.String("dpkg", "", "status file of dpkg; none in an image without Debian")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var all []cdx.Component
	if *status != "" {
		packages, err := readStatus(*status)
		if err != nil {
			return err
		}
		all = packages
	}
	for _, file := range flags.Args() {
		program, err := readProgram(file)
		if err != nil {
			return err
		}
		all = append(all, program)
	}
	if *name == "" || len(all) == 0 {
		return errors.New("want -name and what the image is made of")
	}
	return write(out, cdx.Component{Type: cdx.ComponentTypeContainer, Name: *name, Version: *version}, all)
}

func write(out io.Writer, image cdx.Component, parts []cdx.Component) error {
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &image}
	bom.Components = &parts
	return cdx.NewBOMEncoder(out, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
}

// readStatus returns the packages that are installed, in order of their names.
func readStatus(file string) ([]cdx.Component, error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	var all []cdx.Component
	for reader := textproto.NewReader(bufio.NewReader(opened)); ; {
		fields, err := reader.ReadMIMEHeader()
		if len(fields) > 0 && strings.HasSuffix(fields.Get("Status"), " installed") {
			all = append(all, component(fields))
		}
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: after %d packages: %w", file, len(all), err)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s lists no package", file)
	}
	slices.SortFunc(all, func(a, b cdx.Component) int { return strings.Compare(a.PackageURL, b.PackageURL) })
	return all, nil
}

func component(fields textproto.MIMEHeader) cdx.Component {
	name, version := fields.Get("Package"), fields.Get("Version")
	purl := fmt.Sprintf("pkg:deb/debian/%s@%s?arch=%s", name, url.PathEscape(version), fields.Get("Architecture"))
	// What Debian's security tracker names is the source.
	if source, rest, _ := strings.Cut(fields.Get("Source"), " "); source != "" {
		upstream := source
		if rest != "" {
			upstream += "@" + strings.Trim(rest, "()")
		}
		purl += "&upstream=" + url.QueryEscape(upstream)
	}
	return cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: name, Version: version, PackageURL: purl}
}

// readProgram returns a program with its modules inside it.
func readProgram(file string) (cdx.Component, error) {
	opened, err := os.Open(file)
	if err != nil {
		return cdx.Component{}, err
	}
	defer opened.Close()
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(opened, cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		return cdx.Component{}, fmt.Errorf("%s: %w", file, err)
	}
	if bom.Metadata == nil || bom.Metadata.Component == nil || bom.Components == nil {
		return cdx.Component{}, fmt.Errorf("%s is no bill of materials of a program", file)
	}
	program := *bom.Metadata.Component
	// Two programs have modules in common: each reference begins with its program.
	inside := *bom.Components
	for i := range inside {
		inside[i].BOMRef = program.BOMRef + "/" + inside[i].BOMRef
	}
	program.Components = &inside
	return program, nil
}

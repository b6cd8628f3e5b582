// Command healthcheck asks an address over HTTP and ends with 0 when it answers
// with the expected status. It stands in images that have no shell.
//
//	healthcheck URL [STATUS]
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// run returns 0 when the URL answers with STATUS (default: any of 200 to 299)
// within three seconds, 1 when it does not, 2 for a wrong call.
func run(args []string, stderr io.Writer) int {
	if len(args) < 1 || len(args) > 2 {
		fmt.Fprintln(stderr, "usage: healthcheck URL [STATUS]")
		return 2
	}
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{TLSClientConfig: trust(args[0])}}
	answer, err := client.Get(args[0])
	if err != nil {
		fmt.Fprintln(stderr, "healthcheck:", err)
		return 1
	}
	defer answer.Body.Close()
	good := answer.StatusCode/100 == 2
	if len(args) == 2 {
		good = fmt.Sprint(answer.StatusCode) == args[1]
	}
	if !good {
		fmt.Fprintln(stderr, "healthcheck:", args[0], "answered", answer.Status)
		return 1
	}
	return 0
}

// trust takes any certificate of a server on this machine: it is for the name
// by which others know it.
func trust(address string) *tls.Config {
	u, err := url.Parse(address)
	if err != nil {
		return nil // the request says what is wrong with it
	}
	ip := net.ParseIP(u.Hostname())
	return &tls.Config{InsecureSkipVerify: ip != nil && ip.IsLoopback()}
}

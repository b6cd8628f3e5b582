// Package cache is the content-addressed store on this machine's disk.
package cache

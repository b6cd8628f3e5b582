package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/crypto/sha3"

	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/provenance"
)

// ofFarm checks a job of a farm: the signature of its provenance, every content
// that this names, and on request a part of the work itself.
func (c verifyCmd) ofFarm(a *app) error {
	part, err := percent(c.Reexecute)
	if err != nil {
		return err
	}
	farm, err := c.connect(a)
	if err != nil {
		return err
	}
	defer farm.Close()
	record, err := c.record(a, farm)
	if err != nil {
		return err
	}
	if err := rehash(a, farm, record); err != nil {
		return err
	}
	if part == 0 {
		return nil
	}
	return c.reexecute(a, farm, record, part)
}

// percent reads "5%" as 0.05; empty is 0.
func percent(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || n <= 0 || n > 100 {
		return 0, usagef("--reexecute %s: give a part such as 5%%", text)
	}
	return n / 100, nil
}

// record returns what the farm signed, if a trusted key did.
func (c verifyCmd) record(a *app, farm *client.Client) (provenance.Record, error) {
	document, err := farm.Provenance(a.ctx, c.What)
	if errors.Is(err, catalog.ErrNotFound) {
		if _, jobErr := farm.Job(a.ctx, c.What); jobErr != nil {
			return provenance.Record{}, onJob(jobErr, c.What)
		}
		return provenance.Record{}, usagef("job %s has no provenance yet: it is made shortly after the job is completed", c.What)
	}
	if err != nil {
		return provenance.Record{}, err
	}
	text, whose, err := c.trusted(a.ctx, farm)
	if err != nil {
		return provenance.Record{}, err
	}
	key, err := provenance.ParsePublicKey(text)
	if err != nil {
		return provenance.Record{}, fmt.Errorf("key of %s: %w", whose, err)
	}
	record, id, err := provenance.Verify(a.ctx, document, key)
	if err != nil {
		return record, errors.Join(errDamaged, err)
	}
	a.printf("job %s: provenance of %d steps is signed by %s (%s)\n", record.Job, len(record.Steps), short(id), whose)
	return record, nil
}

func short(id string) string { return id[:min(len(id), 16)] }

func (c verifyCmd) trusted(ctx context.Context, farm *client.Client) (text []byte, whose string, err error) {
	if c.Key == "" {
		text, err = farm.Key(ctx)
		return text, "the key that the farm shows", err
	}
	if text, err = os.ReadFile(c.Key); err != nil {
		return nil, "", usageError{fmt.Errorf("--key: %w", err)}
	}
	return text, c.Key, nil
}

// rehash reads every content that the record names and compares.
func rehash(a *app, farm *client.Client, record provenance.Record) error {
	named := make(map[dag.ContentHash]string)
	for name, hashes := range record.Inputs {
		for _, h := range hashes {
			named[h] = "input " + name
		}
	}
	for _, s := range record.Steps {
		named[s.Content] = s.Label
	}
	for _, o := range record.Outputs {
		named[o.Content] = "output " + o.Name
	}
	whole, gone, bad := 0, 0, 0
	for h, label := range named {
		got, err := hashOf(a.ctx, farm, h)
		switch {
		case errors.Is(err, catalog.ErrNotFound):
			gone++
			a.printf("GONE    %s: %s can be had nowhere\n", label, h)
		case err != nil:
			return err
		case got != h:
			bad++
			a.printf("DAMAGED %s: %s came as %s\n", label, h, got)
		default:
			whole++
		}
	}
	a.printf("%d contents are whole, %d damaged, %d can be had nowhere\n", whole, bad, gone)
	if bad > 0 {
		return errDamaged
	}
	return nil
}

func hashOf(ctx context.Context, farm *client.Client, h dag.ContentHash) (dag.ContentHash, error) {
	body, _, err := farm.Open(ctx, h, 0)
	if err != nil {
		return dag.ContentHash{}, err
	}
	defer body.Close()
	digest := sha3.New256()
	if _, err := io.Copy(digest, body); err != nil {
		return dag.ContentHash{}, fmt.Errorf("read content %s: %w", h.Short(), err)
	}
	return dag.ContentHash(digest.Sum(nil)), nil
}

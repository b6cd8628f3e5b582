package api

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/artdag/artdag/dag"
)

func (r *routes) contents(api huma.API) {
	put := operation("put-content", http.MethodPut, base+"/content/{hash}", "Store bytes whose hash is known")
	post := operation("post-content", http.MethodPost, base+"/content", "Store bytes and learn their hash")
	for _, op := range []*huma.Operation{&put, &post} {
		op.DefaultStatus = http.StatusCreated
		op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge, http.StatusInsufficientStorage)
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}}
	}
	operate(r, api, put, func(ctx context.Context, in *upload) (*stored, error) { return r.put(ctx, in.body, in.Hash) })
	operate(r, api, post, func(ctx context.Context, in *Stream) (*stored, error) { return r.put(ctx, in.body, dag.ContentHash{}) })

	head := operation("stat-content", http.MethodHead, base+"/content/{hash}", "Ask whether the farm has bytes, and how many")
	operate(r, api, head, r.stat)
	get := operation("get-content", http.MethodGet, base+"/content/{hash}", "Read bytes; ranges are served")
	get.Responses = streamOf("application/octet-stream", &huma.Schema{Type: huma.TypeString, Format: "binary"})
	operate(r, api, get, r.get)
}

// Stream is the body of a request as it comes in.
type Stream struct{ body io.Reader }

// Resolve takes the body, which nobody has read.
func (s *Stream) Resolve(ctx huma.Context) []error {
	s.body = ctx.BodyReader()
	return nil
}

// OfContent is the input of operations on bytes.
type OfContent struct {
	Hash dag.ContentHash `path:"hash" doc:"SHA3-256, 64 hex digits." pattern:"^[0-9a-f]{64}$"`
}

type upload struct {
	OfContent
	Stream
}

// stored is the answer to an upload.
type stored struct {
	Location string `header:"Location"`
	Body     Content
}

func (r *routes) put(ctx context.Context, body io.Reader, want dag.ContentHash) (*stored, error) {
	content, err := r.farm.Put(ctx, body, want)
	return &stored{base + "/content/" + content.Hash.String(), content}, err
}

// headers are what is said of bytes without sending them.
type headers struct {
	ContentType string `header:"Content-Type"`
	Length      string `header:"Content-Length"`
	ETag        string `header:"ETag"`
	CID         string `header:"X-Ipfs-Cid"`
	Ranges      string `header:"Accept-Ranges"`
}

func (r *routes) stat(ctx context.Context, in *OfContent) (*headers, error) {
	c, err := r.farm.Stat(ctx, in.Hash)
	return &headers{mediaType(c), strconv.FormatInt(c.Size, 10), etag(c), c.CID, "bytes"}, err
}

func etag(c Content) string { return `"` + c.Hash.String() + `"` }

func mediaType(c Content) string {
	if c.MediaType == "" {
		return "application/octet-stream"
	}
	return c.MediaType
}

// get serves a file. Whatever it is, no browser takes it for a page of ours.
func (r *routes) get(_ context.Context, in *OfContent) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		request, w := humago.Unwrap(hc)
		file, c, err := r.farm.Open(request.Context(), in.Hash)
		if err != nil {
			r.end(request.Context(), w, false, err)
			return
		}
		defer file.Close()
		h := w.Header()
		h.Set("Content-Type", mediaType(c))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
		h.Set("ETag", etag(c))
		if c.CID != "" {
			h.Set("X-Ipfs-Cid", c.CID)
		}
		http.ServeContent(w, request, "", time.Time{}, file)
	}}, nil
}

// The works in Go's standard library alone.
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
)

type message struct {
	Message string `json:"message"`
}

type item struct {
	ItemID int     `json:"item_id"`
	Q      *string `json:"q"`
}

type line struct {
	SKU      *string  `json:"sku"`
	Quantity *int     `json:"quantity"`
	Price    *float64 `json:"price"`
}

type order struct {
	Customer *string `json:"customer"`
	Lines    []line  `json:"lines"`
	Note     *string `json:"note"`
}

type receipt struct {
	OrderID  int     `json:"order_id"`
	Customer string  `json:"customer"`
	Total    float64 `json:"total"`
	Lines    []line  `json:"lines"`
}

type page struct {
	Skip    int    `json:"skip"`
	Limit   int    `json:"limit"`
	Session string `json:"session"`
}

type roomItem struct {
	Room   int `json:"room"`
	ItemID int `json:"item_id"`
}

type problem struct {
	Detail string `json:"detail"`
}

type session struct{ state string }

func (s *session) close() { s.state = "closed" }

func answer(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header["Content-Type"] = []string{"application/json"}
	header["Server"] = []string{"go"}
	w.WriteHeader(status)
	w.Write(body)
}

func refuse(w http.ResponseWriter, detail string) {
	answer(w, http.StatusUnprocessableEntity, problem{detail})
}

func hello(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, message{"Hello, World!"})
}

func showItem(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/items/"))
	if err != nil {
		refuse(w, "item_id is not an integer")
		return
	}
	found := item{ItemID: id}
	if query := r.URL.Query(); query.Has("q") {
		q := query.Get("q")
		found.Q = &q
	}
	answer(w, http.StatusOK, found)
}

func takeOrder(w http.ResponseWriter, r *http.Request) {
	var in order
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Customer == nil || in.Lines == nil {
		refuse(w, "not an order")
		return
	}
	total := 0.0
	for _, line := range in.Lines {
		if line.SKU == nil || line.Quantity == nil || line.Price == nil {
			refuse(w, "not a line of an order")
			return
		}
		total += float64(*line.Quantity) * *line.Price
	}
	answer(w, http.StatusOK, receipt{17, *in.Customer, total, in.Lines})
}

func integer(query url.Values, name string, otherwise int) (int, error) {
	if !query.Has(name) {
		return otherwise, nil
	}
	return strconv.Atoi(query.Get(name))
}

func showPage(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	skip, skipErr := integer(query, "skip", 0)
	limit, limitErr := integer(query, "limit", 10)
	if skipErr != nil || limitErr != nil {
		refuse(w, "skip and limit are integers")
		return
	}
	opened := &session{"open"}
	defer opened.close()
	answer(w, http.StatusOK, page{skip, limit, opened.state})
}

type counted struct {
	Bytes int64 `json:"bytes"`
}

func takeUpload(w http.ResponseWriter, r *http.Request) {
	size, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		refuse(w, "the body did not come")
		return
	}
	answer(w, http.StatusOK, counted{size})
}

func download(w http.ResponseWriter, r *http.Request) {
	megabytes, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/download/"))
	if err != nil {
		refuse(w, "megabytes is not an integer")
		return
	}
	header := w.Header()
	header["Content-Type"] = []string{"application/octet-stream"}
	header["Server"] = []string{"go"}
	for left := megabytes * 16; left > 0; left-- {
		w.Write(bytes.Repeat([]byte("x"), 65536))
	}
}

func crossOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") == "https://example.org" {
			w.Header().Set("Access-Control-Allow-Origin", "https://example.org")
			w.Header().Add("Vary", "Origin")
		}
		next.ServeHTTP(w, r)
	})
}

func nameTheRoom(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Room", "hall")
		next.ServeHTTP(w, r)
	})
}

func room(number int, prefix string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, prefix))
		if err != nil {
			refuse(w, "item_id is not an integer")
			return
		}
		answer(w, http.StatusOK, roomItem{number, id})
	}
}

func main() {
	work := os.Getenv("BENCH_WORK")
	mux := http.NewServeMux()
	mux.HandleFunc("/json", hello)
	mux.HandleFunc("/items/", showItem)
	mux.HandleFunc("/orders", takeOrder)
	mux.HandleFunc("/page", showPage)
	mux.HandleFunc("/upload", takeUpload)
	mux.HandleFunc("/download/", download)
	if count, err := strconv.Atoi(strings.TrimPrefix(work, "routes")); err == nil {
		for number := 0; number < count; number++ {
			prefix := "/room-" + strconv.Itoa(number) + "/items/"
			mux.HandleFunc(prefix, room(number, prefix))
		}
	}
	var handler http.Handler = mux
	if work == "middleware" {
		handler = crossOrigin(nameTheRoom(mux))
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], handler))
}

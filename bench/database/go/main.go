// The six classic tests in Go's standard library with pgx.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"html/template"
	"log"
	"math/rand"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v4/pgxpool"
)

const (
	rows         = 10000
	readRow      = "SELECT id, randomnumber FROM world WHERE id = $1"
	readFortunes = "SELECT id, message FROM fortune"
	writeRows    = "UPDATE world SET randomnumber = new.n FROM unnest($1::int[], $2::int[]) AS new (id, n) WHERE world.id = new.id"
)

type message struct {
	Message string `json:"message"`
}

type world struct {
	ID           int32 `json:"id"`
	RandomNumber int32 `json:"randomNumber"`
}

type fortune struct {
	ID      int32
	Message string
}

var pool *pgxpool.Pool

var page = template.Must(template.New("fortunes").Parse("<!DOCTYPE html><html><head><title>Fortunes</title></head>" +
	"<body><table><tr><th>id</th><th>message</th></tr>{{range .}}<tr><td>{{.ID}}</td><td>{{.Message}}</td></tr>{{end}}" +
	"</table></body></html>"))

func send(w http.ResponseWriter, kind string, body []byte) {
	header := w.Header()
	header["Content-Type"] = []string{kind}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	header["Server"] = []string{"go"}
	w.Write(body)
}

func answer(w http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		fail(w, err)
		return
	}
	send(w, "application/json", body)
}

func fail(w http.ResponseWriter, err error) {
	log.Print(err)
	http.Error(w, "Internal Server Error", http.StatusInternalServerError)
}

func random() int32 { return int32(rand.Intn(rows) + 1) }

func clamped(r *http.Request) int {
	count, err := strconv.Atoi(strings.TrimSpace(r.URL.Query().Get("queries")))
	if err != nil || count < 1 {
		return 1
	}
	if count > 500 {
		return 500
	}
	return count
}

func read(ctx context.Context, connection *pgxpool.Conn, ids []int32) ([]world, error) {
	found := make([]world, len(ids))
	for at, id := range ids {
		if err := connection.QueryRow(ctx, readRow, id).Scan(&found[at].ID, &found[at].RandomNumber); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func oneRow(w http.ResponseWriter, r *http.Request) {
	var found world
	if err := pool.QueryRow(r.Context(), readRow, random()).Scan(&found.ID, &found.RandomNumber); err != nil {
		fail(w, err)
		return
	}
	answer(w, found)
}

func someRows(w http.ResponseWriter, r *http.Request) {
	ids := make([]int32, clamped(r))
	for at := range ids {
		ids[at] = random()
	}
	connection, err := pool.Acquire(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	defer connection.Release()
	found, err := read(r.Context(), connection, ids)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, found)
}

func fortunes(w http.ResponseWriter, r *http.Request) {
	result, err := pool.Query(r.Context(), readFortunes)
	if err != nil {
		fail(w, err)
		return
	}
	defer result.Close()
	found := make([]fortune, 0, 16)
	for result.Next() {
		var one fortune
		if err := result.Scan(&one.ID, &one.Message); err != nil {
			fail(w, err)
			return
		}
		found = append(found, one)
	}
	found = append(found, fortune{0, "Additional fortune added at request time."})
	sort.Slice(found, func(one, other int) bool { return found[one].Message < found[other].Message })
	var body bytes.Buffer
	if err := page.Execute(&body, found); err != nil {
		fail(w, err)
		return
	}
	send(w, "text/html; charset=utf-8", body.Bytes())
}

func updates(w http.ResponseWriter, r *http.Request) {
	count := clamped(r)
	chosen := make(map[int32]bool, count)
	ids := make([]int32, 0, count)
	for len(ids) < count {
		if id := random(); !chosen[id] {
			chosen[id] = true
			ids = append(ids, id)
		}
	}
	sort.Slice(ids, func(one, other int) bool { return ids[one] < ids[other] })
	connection, err := pool.Acquire(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	defer connection.Release()
	found, err := read(r.Context(), connection, ids)
	if err != nil {
		fail(w, err)
		return
	}
	numbers := make([]int32, count)
	for at := range found {
		found[at].RandomNumber = random()
		numbers[at] = found[at].RandomNumber
	}
	if _, err := connection.Exec(r.Context(), writeRows, ids, numbers); err != nil {
		fail(w, err)
		return
	}
	answer(w, found)
}

func main() {
	// Host, user and database are in the environment, where all drivers look: PGHOST, PGUSER, PGDATABASE.
	size := os.Getenv("BENCH_POOL")
	config, err := pgxpool.ParseConfig("pool_min_conns=" + size + " pool_max_conns=" + size)
	if err != nil {
		log.Fatal(err)
	}
	if pool, err = pgxpool.ConnectConfig(context.Background(), config); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/json", func(w http.ResponseWriter, r *http.Request) { answer(w, message{"Hello, World!"}) })
	http.HandleFunc("/plaintext", func(w http.ResponseWriter, r *http.Request) {
		send(w, "text/plain; charset=utf-8", []byte("Hello, World!"))
	})
	http.HandleFunc("/db", oneRow)
	http.HandleFunc("/queries", someRows)
	http.HandleFunc("/fortunes", fortunes)
	http.HandleFunc("/updates", updates)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}

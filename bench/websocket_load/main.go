// A load generator for WebSocket echoes (RFC 6455), in Go's standard library alone: it must not be slower than what it presses.
// Every connection sends a text, waits until it has come back, and sends it again.
//
//	websocket-load ADDRESS PATH CONNECTIONS SECONDS TEXT
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"sort"
	"strconv"
	"time"
)

type outcome struct {
	times    []time.Duration
	failures int
}

func open(address, path string) (net.Conn, *bufio.Reader, error) {
	connection, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return nil, nil, err
	}
	nonce := make([]byte, 16)
	rand.Read(nonce)
	fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", path, address, base64.StdEncoding.EncodeToString(nonce))
	reader := bufio.NewReader(connection)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		return nil, nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, nil, fmt.Errorf("the handshake was answered with %s", answer.Status)
	}
	return connection, reader, nil
}

// frame is a masked text frame (RFC 6455, section 5.2). The mask is not secret here, so one serves for all.
func frame(text []byte) []byte {
	mask := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	made := []byte{0x81, 0x80 | byte(len(text))}
	made = append(made, mask[:]...)
	for at, one := range text {
		made = append(made, one^mask[at%4])
	}
	return made
}

// echo reads one message of a single frame; anything else is a failure. A ping is passed over.
func echo(reader *bufio.Reader, into []byte) ([]byte, error) {
	for {
		first, err := reader.ReadByte()
		if err != nil {
			return nil, err
		}
		length, err := reader.ReadByte()
		if err != nil {
			return nil, err
		}
		if length > 125 {
			return nil, fmt.Errorf("a frame of length %d", length)
		}
		if _, err := io.ReadFull(reader, into[:length]); err != nil {
			return nil, err
		}
		if first == 0x89 {
			continue
		}
		if first != 0x81 {
			return nil, fmt.Errorf("a frame that begins with %#x", first)
		}
		return into[:length], nil
	}
}

func press(address, path string, text []byte, ready chan<- error, begin <-chan time.Time, done chan<- outcome) {
	connection, reader, err := open(address, path)
	ready <- err
	if err != nil {
		return
	}
	defer connection.Close()
	sent, buffer := frame(text), make([]byte, 128)
	found := outcome{times: make([]time.Duration, 0, 1<<16)}
	deadline := <-begin
	connection.SetDeadline(deadline.Add(10 * time.Second))
	for now := time.Now(); now.Before(deadline); {
		if _, err := connection.Write(sent); err != nil {
			found.failures++
			break
		}
		back, err := echo(reader, buffer)
		if err != nil || !bytes.Equal(back, text) {
			found.failures++
			break
		}
		then := now
		now = time.Now()
		found.times = append(found.times, now.Sub(then))
	}
	done <- found
}

func main() {
	runtime.GOMAXPROCS(1)
	if len(os.Args) != 6 || len(os.Args[5]) > 125 {
		log.Fatal("websocket-load ADDRESS PATH CONNECTIONS SECONDS TEXT (of at most 125 bytes)")
	}
	connections, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	seconds, err := strconv.ParseFloat(os.Args[4], 64)
	if err != nil || seconds > 60 {
		log.Fatal("at most 60 seconds")
	}
	ready, done := make(chan error, connections), make(chan outcome, connections)
	begin := make(chan time.Time, connections)
	for range make([]struct{}, connections) {
		go press(os.Args[1], os.Args[2], []byte(os.Args[5]), ready, begin, done)
	}
	for range make([]struct{}, connections) {
		if err := <-ready; err != nil {
			log.Fatal(err)
		}
	}
	began := time.Now()
	for range make([]struct{}, connections) {
		begin <- began.Add(time.Duration(seconds * float64(time.Second)))
	}
	var times []time.Duration
	failures := 0
	for range make([]struct{}, connections) {
		found := <-done
		times = append(times, found.times...)
		failures += found.failures
	}
	passed := time.Since(began).Seconds()
	sort.Slice(times, func(one, other int) bool { return times[one] < times[other] })
	at := func(share float64) float64 {
		if len(times) == 0 {
			return 0
		}
		return times[int(share*float64(len(times)-1))].Seconds() * 1e3
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"messages": len(times), "seconds": passed, "p50": at(0.5), "p99": at(0.99), "failures": failures,
	})
}

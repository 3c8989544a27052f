// The routes of the corpus on the standard library's ServeMux.
package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

func main() {
	say := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/admin", say("admin"))
	mux.HandleFunc("GET /orders/{id}/purge", say("purge"))
	mux.HandleFunc("GET /orders/{id}", say("read"))
	mux.HandleFunc("GET /jobs/{name}", func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.PathValue("name"), ":") {
			fmt.Fprint(w, "verb")
			return
		}
		fmt.Fprint(w, "read")
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, mux))
}

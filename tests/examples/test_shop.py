"""The example shop does what an application needs every day."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def order(*lines: tuple[int, int], **customer: Any) -> dict[str, Any]:
    address = {"street": "12 Bukchon-ro", "city": "Seoul", "postcode": "03052", "country": "KR"}
    return {
        "customer": {"name": "Kim Hana", "email": "hana@example.com", "address": address, **customer},
        "lines": [{"product_id": product, "quantity": quantity} for product, quantity in lines],
    }


def named(shop: Any, name: str) -> dict[str, Any]:
    [product] = shop.get("/products", params={"search": name}).json()["items"]
    return product  # type: ignore[no-any-return]


# ---- products


def test_a_new_shop_has_products(shop: Any) -> None:
    answer = shop.get("/products")
    assert answer.status_code == 200
    assert answer.json()["total"] == len(answer.json()["items"]) == 10


def test_products_are_filtered_sorted_and_paged(shop: Any) -> None:
    query = {"category": "tea", "price_to": 20000, "in_stock": True, "sort": "-price", "limit": 2}
    page = shop.get("/products", params=query).json()
    assert [item["name"] for item in page["items"]] == ["Omija tea", "Yuja tea"]
    assert (page["total"], page["limit"], page["offset"]) == (3, 2, 0)
    page = shop.get("/products", params={**query, "offset": 2}).json()
    assert [item["name"] for item in page["items"]] == ["Roasted barley tea"]


def test_what_was_sold_out_is_left_out_on_request(shop: Any) -> None:
    assert named(shop, "onggi")["stock"] == 0
    assert shop.get("/products", params={"search": "onggi", "in_stock": True}).json()["total"] == 0
    assert shop.get("/products", params={"price_from": 100_000}).json()["total"] == 2


def test_wrong_filters_are_all_named_with_their_place(shop: Any) -> None:
    answer = shop.get("/products", params={"limit": 1000, "price_from": "x", "category": "hats"})
    assert answer.status_code == 422
    places = {tuple(fault["loc"]) for fault in answer.json()["detail"]}
    assert places == {("query", "limit"), ("query", "price_from"), ("query", "category")}


def test_the_products_one_has_looked_at_are_kept_in_a_cookie(shop: Any) -> None:
    assert shop.get("/products/seen").json() == []
    for number in (1, 3, 1, 2):
        assert shop.get(f"/products/{number}").status_code == 200
    assert [product["id"] for product in shop.get("/products/seen").json()] == [2, 1, 3]


def test_a_cookie_that_was_tampered_with_is_refused(shop: Any) -> None:
    answer = shop.get("/products/seen", headers={"Cookie": "seen=1 OR 1"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["cookie", "seen"]


def test_what_is_not_there_is_not_found(shop: Any) -> None:
    answer = shop.get("/products/99")
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is no product 99."})
    assert shop.get("/nowhere").status_code == 404


def test_a_wrong_method_is_told_the_right_ones(shop: Any) -> None:
    answer = shop.delete("/products")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


def test_head_is_answered_without_content(shop: Any) -> None:
    answer = shop.head("/products/1")
    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer.headers["content-length"]) > 0


# ---- staff


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/products"),
        ("PATCH", "/products/1"),
        ("DELETE", "/products/1"),
        ("PUT", "/products/1/picture"),
        ("GET", "/orders"),
        ("GET", "/orders/1"),
        ("PATCH", "/orders/1"),
        ("GET", "/orders/export"),
    ],
)
def test_what_is_for_staff_needs_the_key(shop: Any, method: str, path: str) -> None:
    without = shop.request(method, path)
    assert (without.status_code, without.json()) == (401, {"detail": "Not authenticated"})
    assert without.headers["www-authenticate"] == "APIKey"
    wrong = shop.request(method, path, headers={"X-API-Key": "guess"})
    assert (wrong.status_code, wrong.json()) == (403, {"detail": "This API key is not valid."})


def test_staff_add_change_and_remove_a_product(shop: Any, staff: dict[str, str]) -> None:
    product = {"name": "Bamboo whisk", "category": "tea", "price": 21000, "stock": 3}
    added = shop.post("/products", json=product, headers=staff)
    assert added.status_code == 201
    at = added.headers["location"]
    assert at == str(shop.base_url.join(f"/products/{added.json()['id']}"))
    changed = shop.patch(at, json={"stock": 5}, headers=staff).json()
    assert changed == {**product, "id": added.json()["id"], "description": "", "stock": 5, "picture_type": None}
    removed = shop.delete(at, headers=staff)
    assert (removed.status_code, removed.content) == (204, b"")
    assert shop.get(at).status_code == 404


def test_a_name_is_taken_once(shop: Any, staff: dict[str, str]) -> None:
    answer = shop.post("/products", json={"name": "Moon jar", "category": "pottery", "price": 1}, headers=staff)
    assert answer.status_code == 409
    assert "Moon jar" in answer.json()["detail"]


def test_a_field_that_no_product_has_is_refused(shop: Any, staff: dict[str, str]) -> None:
    answer = shop.patch("/products/1", json={"colour": "jade"}, headers=staff)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "colour"]


# ---- pictures


def upload(shop: Any, staff: dict[str, str], name: str, content: bytes, media_type: str) -> Any:
    return shop.put("/products/1/picture", files={"file": (name, content, media_type)}, headers=staff)


def test_a_picture_comes_back_as_it_went(shop: Any, staff: dict[str, str]) -> None:
    assert shop.get("/products/1/picture").status_code == 404
    assert upload(shop, staff, "tea.png", PNG, "image/png").status_code == 204
    answer = shop.get("/products/1/picture")
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    again = shop.get("/products/1/picture", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert shop.get("/products/1").json()["picture_type"] == "image/png"


@pytest.mark.parametrize(
    ("name", "content", "media_type", "status", "detail"),
    [
        ("tea.txt", b"tea", "text/plain", 415, "tea.txt is text/plain; send one of image/png, "),
        ("tea.png", b"GIF89a", "image/png", 415, "tea.png says that it is image/png, but its content is not."),
        ("tea.png", PNG + bytes(1_000_000), "image/png", 413, "tea.png is larger than 1,000,000 bytes."),
    ],
)
def test_a_bad_picture_is_refused_with_the_reason(
    shop: Any, staff: dict[str, str], name: str, content: bytes, media_type: str, status: int, detail: str
) -> None:
    answer = upload(shop, staff, name, content, media_type)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(detail)
    assert shop.get("/products/1/picture").status_code == 404


def test_an_upload_without_a_file_is_told_what_is_missing(shop: Any, staff: dict[str, str]) -> None:
    answer = shop.put("/products/1/picture", headers=staff)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "file"]


# ---- orders


def test_an_order_is_nested_both_ways_and_takes_from_stock(shop: Any, staff: dict[str, str]) -> None:
    answer = shop.post("/orders", json={**order((1, 2), (2, 1)), "note": "a gift"})
    assert answer.status_code == 201
    placed = answer.json()
    assert placed["customer"] == order()["customer"]
    assert placed["lines"] == [
        {"product": {"id": 1, "name": "Jakseol green tea"}, "quantity": 2, "unit_price": 28000},
        {"product": {"id": 2, "name": "Yuja tea"}, "quantity": 1, "unit_price": 12000},
    ]
    assert (placed["status"], placed["total"], placed["note"]) == ("placed", 68000, "a gift")
    assert placed["placed_at"].endswith("Z")
    assert shop.get(f"/orders/{placed['id']}", headers=staff).json() == placed
    assert shop.get("/products/1").json()["stock"] == 38


def test_an_order_is_taken_whole_or_not_at_all(shop: Any, staff: dict[str, str]) -> None:
    jar = named(shop, "moon jar")["id"]
    answer = shop.post("/orders", json=order((1, 1), (jar, 2)))
    assert (answer.status_code, answer.json()) == (409, {"detail": "There are not 2 of Moon jar left."})
    assert shop.post("/orders", json=order((1, 1), (99, 1))).status_code == 404
    assert shop.get("/products/1").json()["stock"] == 40
    assert shop.get("/orders", headers=staff).json()["total"] == 0


def test_a_fault_deep_in_an_order_is_named_with_its_place(shop: Any) -> None:
    wrong = order((1, 0), name="", address={"street": "s", "city": "c", "postcode": "p", "country": "kr"})
    answer = shop.post("/orders", json=wrong)
    assert answer.status_code == 422
    assert [fault["loc"] for fault in answer.json()["detail"]] == [
        ["body", "customer", "name"],
        ["body", "customer", "address", "country"],
        ["body", "lines", 0, "quantity"],
    ]


def test_what_is_not_json_is_refused(shop: Any) -> None:
    answer = shop.post("/orders", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "json_invalid"


def test_a_cancelled_order_goes_back_into_stock_and_stays_cancelled(shop: Any, staff: dict[str, str]) -> None:
    number = shop.post("/orders", json=order((1, 2))).json()["id"]
    cancelled = shop.patch(f"/orders/{number}", json={"status": "cancelled"}, headers=staff)
    assert cancelled.json()["status"] == "cancelled"
    assert shop.get("/products/1").json()["stock"] == 40
    sent = shop.patch(f"/orders/{number}", json={"status": "sent"}, headers=staff)
    assert sent.status_code == 409
    assert sent.json() == {"detail": "An order that is cancelled cannot become sent."}


def test_what_was_ordered_cannot_be_removed(shop: Any, staff: dict[str, str]) -> None:
    shop.post("/orders", json=order((1, 1)))
    assert shop.delete("/products/1", headers=staff).status_code == 409


def test_orders_are_found_by_status_and_day(shop: Any, staff: dict[str, str]) -> None:
    for _ in range(3):
        number = shop.post("/orders", json=order((1, 1))).json()["id"]
    shop.patch(f"/orders/{number}", json={"status": "sent"}, headers=staff)

    def total(**query: str) -> int:
        found = shop.get("/orders", params=query, headers=staff)
        return int(found.json()["total"])

    assert total() == 3
    assert total(status="sent") == 1
    assert (total(since="2020-01-01"), total(since="9999-01-01")) == (3, 0)


def test_orders_are_exported_as_csv(shop: Any, staff: dict[str, str]) -> None:
    shop.post("/orders", json=order((1, 2), (2, 1)))
    shop.post("/orders", json=order((3, 1), name='Lee, "Sun"'))
    answer = shop.get("/orders/export", headers=staff)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="orders.csv"'
    first, second = csv.DictReader(io.StringIO(answer.text))
    assert (first["products"], first["total"]) == ("2 Jakseol green tea; 1 Yuja tea", "68000")
    assert second["customer"] == 'Lee, "Sun"'


def test_orders_are_exported_as_json_lines(shop: Any, staff: dict[str, str]) -> None:
    placed = [shop.post("/orders", json=order((number, 1))).json() for number in (1, 2)]
    answer = shop.get("/orders/export", params={"format": "jsonl"}, headers=staff)
    assert answer.headers["content-type"] == "application/jsonl"
    assert [json.loads(line) for line in answer.text.splitlines()] == placed


def test_an_export_of_nothing_is_a_heading(shop: Any, staff: dict[str, str]) -> None:
    answer = shop.get("/orders/export", headers=staff)
    assert answer.text == "id,placed_at,status,customer,city,products,total\r\n"


# ---- the feed


def test_new_orders_are_told_to_those_who_listen(shop: Any) -> None:
    listen = shop.websocket_connect
    with listen("/orders/feed") as everything, listen("/orders/feed?least=100000") as large:
        assert everything.receive_json() == {"type": "welcome", "least": 0}
        assert large.receive_json() == {"type": "welcome", "least": 100000}
        small = shop.post("/orders", json=order((1, 2))).json()
        big = shop.post("/orders", json=order((1, 5))).json()
        told = {"type": "order", "city": "Seoul", "products": ["Jakseol green tea"]}
        assert everything.receive_json() == {**told, "id": small["id"], "total": 56000}
        assert everything.receive_json() == {**told, "id": big["id"], "total": 140000}
        assert large.receive_json() == {**told, "id": big["id"], "total": 140000}


# ---- around the routes


def test_each_answer_names_its_request_and_its_time(shop: Any) -> None:
    answer = shop.get("/products/1")
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.headers["server-timing"].startswith("app;dur=")
    mine = shop.get("/nowhere", headers={"X-Request-ID": "mine"})
    assert mine.headers["x-request-id"] == "mine"


def test_a_page_of_a_known_origin_may_call(shop: Any) -> None:
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    answer = shop.options("/products", headers={**asked, "Access-Control-Request-Headers": "x-api-key"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    stranger = shop.get("/products", headers={"Origin": "http://example.com"})
    assert "access-control-allow-origin" not in stranger.headers


def test_the_document_describes_all_of_it(shop: Any) -> None:
    document = shop.get("/openapi.json").json()
    assert (document["openapi"], document["info"]["title"]) == ("3.1.0", "Tea shop")
    assert set(document["paths"]) == {
        "/products",
        "/products/seen",
        "/products/{product_id}",
        "/products/{product_id}/picture",
        "/orders",
        "/orders/export",
        "/orders/{order_id}",
    }
    listing = document["paths"]["/products"]["get"]
    assert {parameter["name"] for parameter in listing["parameters"]} == {
        "category",
        "price_from",
        "price_to",
        "in_stock",
        "search",
        "sort",
        "limit",
        "offset",
    }
    adding = document["paths"]["/products"]["post"]
    assert adding["security"] == [{"APIKeyHeader": []}]
    assert set(adding["responses"]) == {"201", "401", "403", "409", "422"}
    assert all(
        operation["summary"] and operation["tags"] for path in document["paths"].values() for operation in path.values()
    )


def test_the_home_page_is_a_page(shop: Any) -> None:
    answer = shop.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>Tea shop</h1>" in answer.text

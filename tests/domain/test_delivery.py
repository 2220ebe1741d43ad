from cabinet.domain.delivery import route_key, walk_key


def mixed(ordered):
    """The same in an order that says nothing."""
    return [*ordered[1::2], *ordered[::2]]


def test_houses_and_flats_come_by_their_numbers():
    walk = [
        "Курск, ул. Ленина, д. 2, кв. 3",
        "Курск, ул. Ленина, д. 2, кв. 21",
        "Курск, ул. Ленина, д. 010",
        "Курск, ул. Ленина, д. 10А",
        "Курск, ул. мира, д. 1",
    ]
    assert sorted(mixed(walk), key=walk_key) == walk


def test_a_house_is_the_same_however_its_number_is_padded():
    assert walk_key("д. 007") == walk_key("Д. 7")


def test_routes_come_by_their_numbers_and_no_route_comes_last():
    routes = ["2", "10", "10б", "север", "яр", ""]
    assert sorted(mixed(routes), key=route_key) == routes

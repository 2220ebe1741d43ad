def test_signing_in_shows_the_home_page(open_page, sign_in, house):
    page = sign_in(open_page(), house())
    assert page.title().startswith("Главная")
    assert page.faults == []

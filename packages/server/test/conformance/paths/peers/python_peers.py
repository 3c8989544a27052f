"""The routes of the corpus on Flask and Django, each on the WSGI server of the standard library."""

import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def flask_app():
    from flask import Flask

    app = Flask(__name__)
    app.add_url_rule("/orders/admin", "admin", lambda: "admin", strict_slashes=False)
    app.add_url_rule("/orders/<id>/purge", "purge", lambda id: "purge", strict_slashes=False)
    app.add_url_rule("/orders/<id>", "read", lambda id: "read", strict_slashes=False)
    app.add_url_rule("/jobs/<name>", "job", lambda name: "verb" if ":" in name else "read")
    return app


def django_app():
    from django.conf import settings

    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="corpus", MIDDLEWARE=[])
    import django

    django.setup()
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def routes():
    from django.http import HttpResponse
    from django.urls import path, re_path

    say = lambda text: lambda request, **_: HttpResponse(text)
    return [
        re_path(r"^orders/admin/?$", say("admin")),
        path("orders/<str:id>/purge", say("purge")),
        path("orders/<str:id>", say("read")),
        path("jobs/<str:name>", lambda request, name: HttpResponse("verb" if ":" in name else "read")),
    ]


def __getattr__(name):
    if name == "urlpatterns":
        return routes()
    raise AttributeError(name)


ports = []
for make in (flask_app, django_app):
    server = make_server("127.0.0.1", 0, make(), handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ports.append(str(server.server_port))
print(" ".join(ports), flush=True)
sys.stdin.read()

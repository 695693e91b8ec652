import zttp
from h2.connection import H2Connection
from h2.config import H2Configuration
def run(end_in_headers, body):
    c = H2Connection(H2Configuration(client_side=True)); c.initiate_connection()
    s = zttp.Connection(zttp.SERVER, protocol=zttp.HTTP2); s.initiate_connection()
    c.receive_data(s.data_to_send())
    hs=[(":method","GET" if not body else "POST"),(":path","/"),(":scheme","http"),(":authority","a")]
    c.send_headers(1,hs,end_stream=end_in_headers)
    if not end_in_headers: c.send_data(1, body, end_stream=True)
    s.receive_data(c.data_to_send())
    out=[]
    for _ in range(10):
        e=s.next_event()
        if e is zttp.NEED_DATA: break
        out.append(type(e).__name__)
    print(end_in_headers, body, out)
run(True,b""); run(False,b""); run(False,b"abc")

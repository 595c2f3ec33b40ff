import copy, pytest, time
from airproof.record.outcome import Outcome
def empties(v, path=()):
    if isinstance(v,(list,dict)) and v and path:
        yield path
    if isinstance(v,dict):
        for k,x in v.items(): yield from empties(x,path+(k,))
    elif isinstance(v,list) and v:
        yield from empties(v[0],path+(0,))
def test_explore(rejudge, pytester):
    t=time.time(); r=rejudge(strict=True); print(r.verdict, rejudge.exit_code, time.time()-t)
    orig=copy.deepcopy(rejudge.facts)
    import shutil
    for name in list(orig):
        for path in empties(orig[name]):
            rejudge.facts=copy.deepcopy(orig)
            o=rejudge.facts[name]
            for k in path[:-1]: o=o[k]
            o[path[-1]]=type(o[path[-1]])()
            shutil.rmtree(pytester.path/'work')
            r=rejudge(strict=True)
            print("ZZ", r.verdict.value, name, path, [(e.id,e.outcome.value) for e in r.checks if e.outcome in (Outcome.FAILED,Outcome.BROKEN)])

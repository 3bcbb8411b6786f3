"""What the builder refuses, in the original's words."""

import pytest

AT_BUILD = [
    ("GB(1)", "reader argument must be a string"),
    ("GB(desc=1)", "desc argument must be a string"),
    ("GB('Nobody')", "The given reader does not exists"),
    ("GB().map(1)", "map argument must be a function"),
    ("GB().map()", "wrong number of args to map function"),
    ("GB().map(len, len)", "wrong number of args to map function"),
    ("GB().filter(1)", "filter argument must be a function"),
    ("GB().foreach('f')", "foreach argument must be a function"),
    ("GB().flatmap(None)", "flatmap argument must be a function"),
    ("GB().accumulate(1)", "accumulate argument must be a function"),
    ("GB().repartition(1)", "repartition argument must be a function"),
    ("GB().groupby(len)", "wrong number of args to groupby function"),
    ("GB().localgroupby(len)", "wrong number of args to groupby function"),
    ("GB().groupby(1, len)", "groupby extractor argument must be a function"),
    ("GB().groupby(len, 1)", "groupby reducer argument must be a function"),
    ("GB().batchgroupby(len)", "wrong number of args to batchgroupby function"),
    ("GB().batchgroupby(1, len)", "batchgroupby extractor argument must be a function"),
    ("GB().batchgroupby(len, 1)", "batchgroupby reducer argument must be a function"),
    ("GB().limit()", "wrong number of args to limit function"),
    ("GB().limit('1')", "limit argument must be a number"),
    ("GB().limit(1, '1')", "limit argument must be a number"),
    ("GB().collect(1)", "wrong number of args to collect function"),
    ("GB().map(len).run(mode='fast')", "unknown execution mode"),
    ("GB().run(mode='sync')", "unknown execution mode"),
    ("GB().run(mode=1)", "execution mode must be a string"),
    ("GB().register(mode=1)", "execution mode must be a string"),
    ("GB().register(mode='fast')", "unknown execution mode"),
    ("GB().register(onRegistered=1)", "OnRegistered argument must be a function"),
    ("GB('CommandReader').run()", "Given reader do not support run or not exists"),
    ("GB('CommandReader').register()", "no trigger or hook argument was given"),
    ("GB('CommandReader').register(trigger=1)", "trigger argument is not string"),
    ("GB('CommandReader').register(trigger='t', inorder=1)", "inorder argument is be boolean"),
    ("GB('CommandReader').register(hook=1)", "hook argument is not string"),
    ("GB('CommandReader').register(hook='get', keyprefix=1)", "keyprefix argument is not string"),
    ("GB('CommandReader').register(trigger='t', hook='get')",
     "trigger argument can not be given with keyprefix or hook"),
    ("GB('CommandReader').register(trigger='t', keyprefix='a')",
     "trigger argument can not be given with keyprefix or hook"),
    ("GB().run(noScan=1)", "exactMatch value is not boolean"),
    ("GB().run(readValue=1)", "readValue value is not boolean"),
    ("GB().run(1)", "regex argument must be a string"),
    ("GB().register(eventTypes=1)", "given eventTypes is not iterable"),
    ("GB().register(eventTypes=[1])", "given event type is not string"),
    ("GB().register(keyTypes=1)", "given keyTypes is not iterable"),
    ("GB().register(keyTypes=[1])", "given key type is not string"),
    ("GB().register(keyTypes=['jason'])", "unknown key type"),
    ("GB().register(readValue=1)", "readValue is not boolean"),
    ("GB().register(commands=1)", "given commands is not iterable"),
    ("GB().register(commands=[1])", "given command type is not string"),
    ("GB('StreamReader').run('s', fromId=1)", "fromId argument must be a string"),
    ("GB('StreamReader').register(batch='1')", "batch argument must be a number"),
    ("GB('StreamReader').register(duration='1')", "duration argument must be a number"),
    ("GB('StreamReader').register(onFailedPolicy='stop')", "onFailedPolicy must be Continue/Abort/Retry"),
    ("GB('StreamReader').register(onFailedPolicy=1)",
     "onFailedPolicy must be a string (Continue/Abort/Retry)"),
    ("GB('StreamReader').register(onFailedRetryInterval='1')", "retryInterval argument must be a number"),
    ("GB('StreamReader').register(trimStream=1)", "pyTrimmStream argument must be a boolean"),
    ("GB('StreamReader').register(mode='sync', onFailedPolicy='retry')",
     "ExecutionMode sync can only be combined with OnFailedPolicy Continue"),
    ("GB('PythonReader').run()", "pyreader argument must be a function"),
    ("GB('PythonReader', defaultArg=None).run()", "python reader function is not given"),
    ("GB('PythonReader').run(1)", "pyreader argument must be a function"),
    ("GB('PythonReader').register()", "given reader does not exists or does not support register"),
    ("GB('KeysOnlyReader').register()", "given reader does not exists or does not support register"),
    ("GB('ShardsIDReader').register()", "given reader does not exists or does not support register"),
]


@pytest.mark.parametrize("line, text", AT_BUILD)
def test_a_wrong_argument_is_refused_in_words(flows, line, text):
    script = flows.script(line, expects=text)
    assert "gears.error" in script.error


def test_steps_take_no_keywords(flows):
    flows.script("GB().map(f=len)", expects="TypeError")


def test_a_builder_on_a_thread_of_the_flow_is_refused(flows):
    flows.script("""
def build():
    try:
        GB()
    except Exception as error:
        texts.append(str(error))
texts = []
import threading
for kind in (Thread, threading.Thread):
    thread = kind(target=build)
    thread.start()
    thread.join()
assert texts == ['Can not create a gearsCtx on a python created thread'] * 2, texts
""")


def test_a_second_run_in_a_script_is_refused(flows):
    flows.script("GB('ShardsIDReader').run()\nGB('ShardsIDReader').run()",
                 expects="Can not run more then 1 executions in a single script")


def test_a_builder_may_be_registered_several_times(flows):
    script = flows.script("""
builder = GB('CommandReader').map(lambda r: r[1])
builder.register(trigger='a')
builder.register(trigger='b')
""")
    assert len(script.registrations) == 2
    assert flows.trigger(script, "x", index=1).results == [b"x"]


def test_the_reply_to_register_is_the_id(flows):
    script = flows.script("identifier = GB('CommandReader').map(lambda r: identifier).register(trigger='t')")
    assert flows.trigger(script).results == list(script.registrations)


def test_a_trigger_that_is_taken_is_refused(flows):
    flows.script("GB('CommandReader').register(trigger='t')\nGB('CommandReader').register(trigger='t')",
                 expects="trigger already registered in this session")


def test_the_argument_regex_is_deprecated(flows):
    script = flows.script("GB('KeysReader').register(regex='a*')")
    assert [item["prefix"] for item in script.registrations.values()] == ["a*"]
    assert ("warning", "the argument regex of register is deprecated, use prefix") in flows.log


def test_unknown_keywords_are_ignored(flows):
    assert flows.script("GB('ShardsIDReader').run(unknown=1)").results == [b"1"]


def test_gears_builder_and_gb_are_one_class(flows):
    flows.script("assert GB is GearsBuilder")


def test_the_server_is_told_the_steps(flows):
    script = flows.script("def double(r): return r\n"
                          "GB('ShardsIDReader', desc='two').map(double).limit(1).run()")
    script.results
    description = script.runs[0].description
    assert description["steps"] == [
        ("map", b"double"), ("limit", b"limit"), ("map", b"str"), ("collect", b"collect")]
    assert description["reader"] == "ShardsIDReader"
    assert description["desc"] == b"two"

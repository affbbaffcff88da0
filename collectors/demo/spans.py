"""A task as OpenTelemetry span records, in the dialect that its agent speaks (no prompt, no answer)."""

import itertools
from collections.abc import Callable, Iterator, Sequence

from collectors.demo.facts import ModelCall, Part, Step, Task, ToolCall
from collectors.demo.records import Line, span_id, uuid_of
from collectors.demo.shapes import REGION, Agent
from collectors.demo.spanwriter import (
    BOTOCORE,
    FAILED,
    HANDLER_SPAN,
    LANGCHAIN,
    OK,
    OPENINFERENCE,
    STARLETTE,
    STRANDS,
    UNSET,
    Writer,
    answering,
    error_type,
    exception,
    provider,
    request_id,
    root_facts,
    time_of,
    totals,
    usage,
)


def span_lines(task: Task, group: str) -> list[Line]:
    """The spans of a task that are in a log group, each at the time it ended."""
    writer = Writer(task, task.agent)
    DIALECTS[task.agent.dialect](writer)
    return writer.lines[group]


def groups_of(agent: Agent) -> set[str]:
    """The log groups that hold the spans of an agent's tasks: its own and those of the agents that work for it."""
    return {agent.writes_to} | {helper.agent.writes_to for helper in agent.helpers if helper.agent}


def _strands(writer: Writer) -> None:
    """Strands on Bedrock, split mode: the HTTP request, the agent, its cycles, each call twice, its tools."""
    task = writer.task
    request = writer.span(
        STARLETTE,
        span_id(task, HANDLER_SPAN),
        "POST /invocations",
        "SERVER",
        -20,
        task.took_ms + 30,
        f',"http.route":"/invocations","http.method":"POST","http.response.status_code":{500 if task.crashed else 200}',
    )
    agent = _strands_agent(writer, request)
    for step in task.steps:
        start, took = time_of(step)
        cycle = writer.span(
            STRANDS,
            agent,
            "execute_event_loop_cycle",
            "INTERNAL",
            start - 2,
            took + 3,
            f',"event_loop.cycle_id":"{uuid_of(step.calls[0].request)}"',
            OK,
        )
        _strands_step(writer, cycle, step, "gen_ai.system")


def _strands_unified(writer: Writer) -> None:
    """Strands in unified mode: the agent is the root and the provider has its new name."""
    agent = _strands_agent(writer, "")
    for step in writer.task.steps:
        _strands_step(writer, agent, step, "gen_ai.provider.name")


def _strands_agent(writer: Writer, parent: str) -> str:
    task = writer.task
    system = "gen_ai.provider.name" if task.agent.dialect == "strands_unified" else "gen_ai.system"
    return writer.span(
        STRANDS,
        parent,
        f"invoke_agent {task.agent.name}",
        "INTERNAL",
        0,
        task.took_ms,
        f',"gen_ai.operation.name":"invoke_agent","{system}":"strands-agents"{root_facts(task)}{totals(task.steps)}',
        FAILED if task.crashed else OK,
    )


def _strands_step(writer: Writer, parent: str, step: Step, system: str) -> None:
    for call in step.calls:
        facts = f',"gen_ai.operation.name":"chat","gen_ai.request.model":"{call.model}"'
        own = ""
        if not call.error:
            own = (
                f'{usage(call)},"gen_ai.usage.cache_read_input_tokens":{call.read_tokens}'
                f',"gen_ai.usage.cache_write_input_tokens":{call.write_tokens}'
                f',"gen_ai.server.time_to_first_token":{int(call.ttft_ms)}'
            )
        chat = writer.span(
            STRANDS,
            parent,
            "chat",
            "INTERNAL",
            call.at_ms,
            call.took_ms + 2,
            f'{facts},"{system}":"strands-agents"{own}{error_type(call.error)}',
            FAILED if call.error else OK,
        )
        _bedrock_call(writer, chat, call)
    for tool in step.tools:
        used = _genai_tool(writer, parent, tool, STRANDS)
        if tool.part:
            _helping(writer, used, tool.part, system)


def _helping(writer: Writer, parent: str, part: Part, system: str) -> None:
    """An agent as a tool of another: one more `invoke_agent` below it, after a request where it has its own runtime."""
    if part.agent is writer.task.agent:
        facts = f',"gen_ai.operation.name":"invoke_agent","{system}":"strands-agents","gen_ai.agent.name":"{part.name}"'
        name, own = f"invoke_agent {part.name}", f"{facts}{totals(part.steps)}"
        agent = writer.span(STRANDS, parent, name, "INTERNAL", part.at_ms, part.took_ms, own, OK)
        for step in part.steps:
            _strands_step(writer, agent, step, system)
        return
    there = writer.at(part.agent)
    facts = ',"http.route":"/invocations","http.method":"POST","http.response.status_code":200'
    request = there.span(STARLETTE, parent, "POST /invocations", "SERVER", part.at_ms, part.took_ms, facts)
    facts = f',"openinference.span.kind":"AGENT","agent.name":"{part.name}"'
    agent = there.span(OPENINFERENCE, request, "LangGraph", "INTERNAL", part.at_ms + 4, part.took_ms - 8, facts, OK)
    _openinference_steps(there, agent, part.steps)


def _bedrock_call(writer: Writer, parent: str, call: ModelCall) -> None:
    """The span of the AWS client, which alone carries the request id."""
    outcome = (
        f',"http.response.status_code":429{error_type(call.error)}'
        if call.error
        else f',"http.response.status_code":200,"gen_ai.response.finish_reasons":["{call.stop}"]{usage(call)}'
    )
    method = "Converse" if call.shield else "ConverseStream"
    writer.span(
        BOTOCORE,
        parent,
        f"chat {call.model}",
        "CLIENT",
        call.at_ms + 1,
        call.took_ms,
        f',"gen_ai.operation.name":"chat","gen_ai.system":"aws.bedrock","gen_ai.request.model":"{call.model}"'
        f',"rpc.method":"{method}","aws.region":"{REGION}","aws.request_id":"{uuid_of(call.request)}"{outcome}',
        FAILED if call.error else UNSET,
        exception(call),
    )


def _genai_tool(writer: Writer, parent: str, tool: ToolCall, scope: str) -> str:
    """A tool span: a failed tool is a status attribute while the span itself is OK; only a timeout is an error."""
    late = tool.outcome == "timeout"
    status = "success" if tool.outcome == "ok" else "error"
    return writer.span(
        scope,
        parent,
        f"execute_tool {tool.name}",
        "INTERNAL",
        tool.at_ms,
        tool.took_ms,
        f',"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"{tool.name}"'
        f',"gen_ai.tool.status":"{status}"{error_type("TimeoutError" if late else "")}',
        FAILED if late else OK,
    )


def _langgraph(writer: Writer) -> None:
    """LangGraph: a workflow, a task per node, the chat span of the framework and the AWS client's below it."""
    task = writer.task
    root = writer.span(
        LANGCHAIN,
        "",
        "LangGraph.workflow",
        "INTERNAL",
        0,
        task.took_ms,
        f',"traceloop.span.kind":"workflow","traceloop.workflow.name":"LangGraph","traceloop.entity.name":"LangGraph"'
        f"{root_facts(task)}",
        FAILED if task.crashed else UNSET,
    )
    for step in task.steps:
        start, took = step.calls[0].at_ms, step.calls[-1].at_ms + step.calls[-1].took_ms - step.calls[0].at_ms
        facts = ',"traceloop.span.kind":"task","traceloop.workflow.name":"LangGraph","traceloop.entity.name":"writer"'
        node = writer.span(LANGCHAIN, root, "writer.task", "INTERNAL", start - 1, took + 2, facts)
        for call in step.calls:
            _langgraph_call(writer, node, call)
        for tool in step.tools:
            failed = tool.outcome != "ok"
            facts = f',"traceloop.span.kind":"tool","traceloop.entity.name":"{tool.name}"'
            facts += error_type("ToolException" if failed else "")
            status = FAILED if failed else UNSET
            writer.span(LANGCHAIN, root, f"{tool.name}.tool", "INTERNAL", tool.at_ms, tool.took_ms, facts, status)


def _langgraph_call(writer: Writer, node: str, call: ModelCall) -> None:
    own = error_type(call.error) if call.error else f'{usage(call)},"gen_ai.response.model":"{call.model}"'
    facts = f',"llm.request.type":"chat","gen_ai.system":"AWS","gen_ai.request.model":"{call.model}"{own}'
    status = FAILED if call.error else UNSET
    chat = writer.span(
        LANGCHAIN, node, "ChatBedrockConverse.chat", "CLIENT", call.at_ms, call.took_ms + 1, facts, status
    )
    _bedrock_call(writer, chat, call)


def _otel(writer: Writer) -> None:
    """OpenTelemetry's own conventions, written by the agent's own code; a function's lies under its X-Ray segment."""
    task = writer.task
    scope = f"{task.agent.name.lower().replace(' ', '_').replace('-', '_')}.telemetry"
    agent = writer.span(
        scope,
        span_id(task, HANDLER_SPAN) if task.agent.dialect == "otel" else "",
        f"invoke_agent {task.agent.name}",
        "INTERNAL",
        0,
        task.took_ms,
        f',"gen_ai.operation.name":"invoke_agent","gen_ai.provider.name":"aws.bedrock"{root_facts(task)}',
        FAILED if task.crashed else OK,
    )
    for step in task.steps:
        for call in step.calls:
            outcome = (
                error_type(call.error) + ',"http.response.status_code":429'
                if call.error
                else f'{usage(call)}{answering(call)},"gen_ai.response.finish_reasons":["{call.stop}"]'
                f',"gen_ai.server.time_to_first_token":{int(call.ttft_ms)}'
            )
            writer.span(
                scope,
                agent,
                f"chat {call.model}",
                "CLIENT",
                call.at_ms,
                call.took_ms,
                f',"gen_ai.operation.name":"chat","gen_ai.provider.name":"{provider(call)}","gen_ai.request.model":"{call.model}"'
                f"{request_id(call)}{outcome}",
                FAILED if call.error else UNSET,
                exception(call),
            )
        for tool in step.tools:
            _genai_tool(writer, agent, tool, scope)


def _openinference(writer: Writer) -> None:
    """OpenInference: kinds and token counts under their own names, and no request id anywhere."""
    task = writer.task
    root = writer.span(
        OPENINFERENCE,
        "",
        "LangGraph",
        "INTERNAL",
        0,
        task.took_ms,
        f',"openinference.span.kind":"AGENT","agent.name":"{task.agent.name}"{root_facts(task, name=False)}',
        FAILED if task.crashed else OK,
    )
    _openinference_steps(writer, root, task.steps)


def _openinference_steps(writer: Writer, root: str, steps: Sequence[Step]) -> None:
    for step in steps:
        for call in step.calls:
            counts = (
                error_type(call.error)
                if call.error
                else (
                    f',"llm.token_count.prompt":{call.fresh_tokens},"llm.token_count.completion":{call.output_tokens}'
                    f',"llm.token_count.total":{call.fresh_tokens + call.output_tokens}'
                )
            )
            writer.span(
                OPENINFERENCE,
                root,
                "ChatBedrockConverse",
                "INTERNAL",
                call.at_ms,
                call.took_ms,
                f',"openinference.span.kind":"LLM","llm.model_name":"{call.model}","llm.provider":"aws"{counts}',
                FAILED if call.error else OK,
            )
        for tool in step.tools:
            writer.span(
                OPENINFERENCE,
                root,
                tool.name,
                "INTERNAL",
                tool.at_ms,
                tool.took_ms,
                f',"openinference.span.kind":"TOOL","tool.name":"{tool.name}"'
                f"{error_type('' if tool.outcome == 'ok' else 'ToolException')}",
                OK if tool.outcome == "ok" else FAILED,
            )


def spoiled_lines(task: Task) -> Iterator[Line]:
    """What real accounts also hold: a span that ends before it starts and a call whose parent was never exported."""
    writer = Writer(task, task.agent, itertools.count(HANDLER_SPAN + 1))
    writer.span(
        STRANDS,
        span_id(task, 0),
        "execute_tool sap_order_lookup",
        "INTERNAL",
        40,
        -12,
        ',"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"sap_order_lookup"',
        OK,
    )
    lost = writer.span(
        STRANDS,
        span_id(task, HANDLER_SPAN + 9),
        "chat",
        "INTERNAL",
        55,
        900,
        f',"gen_ai.operation.name":"chat","gen_ai.request.model":"{task.steps[0].calls[0].model}"'
        ',"gen_ai.usage.input_tokens":"2048","gen_ai.usage.output_tokens":"96"',
        OK,
    )
    orphan = f'"traceId":"{task.trace[:8]}{int(lost, 16):024x}"'
    negative, call = writer.lines[task.agent.writes_to]
    yield negative
    yield call._replace(text=call.text.replace(f'"traceId":"{task.trace}"', orphan))


DIALECTS: dict[str, Callable[[Writer], None]] = {
    "strands": _strands,
    "strands_unified": _strands_unified,
    "langgraph": _langgraph,
    "otel": _otel,
    "otel_runtime": _otel,
    "openinference": _openinference,
}

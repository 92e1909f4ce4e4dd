"""The Jupyter project's own conformance suite for kernels, with every feature that it knows."""

import unittest

import jupyter_kernel_test


class Conformance(jupyter_kernel_test.KernelTests):
    kernel_name = "sightline"
    language_name = "typescript"
    file_extension = ".ts"

    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    code_page_something = "Array?"
    code_generate_error = "throw new RangeError('too far')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "[1, 2, 3].map((n) => n * n)", "result": "[ 1, 4, 9 ]"},
        {"code": "await Promise.resolve('later')", "result": "'later'"},
    ]
    code_display_data = [
        {
            "code": 'import { display, html } from "sightline/notebook"; display(html("<b>bold</b>"))',
            "mime": "text/html",
        },
        {
            "code": 'import { svg } from "sightline/notebook"; display(svg("<svg/>"))',
            "mime": "image/svg+xml",
        },
    ]
    code_clear_output = 'import { clearOutput } from "sightline/notebook"; clearOutput()'
    code_inspect_sample = "parseInt"
    code_history_pattern = "6 ? 7*"
    supported_history_operations = ("tail", "range", "search")

    completion_samples = [
        {"text": "Math.flo", "matches": {"floor"}},
        {"text": "conso", "matches": {"console"}},
    ]
    complete_code_samples = ["1", "const x = { a: 1 };", "function f() {\n  return 1;\n}", "await x"]
    incomplete_code_samples = ["function f() {", "const x = [", "`open", "/* open", "if (true) {\n  1"]
    invalid_code_samples = ["const = 3", "1 +* 2", "class 5 {}"]


class Welcome(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "sightline"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main()
